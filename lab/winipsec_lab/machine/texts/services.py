"""Texts of `sc` and `net`; what `sc` prints about states and types is English in every language."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, ...]] = {
    "sc.failed": (
        "[SC] %1 FAILED %2:\n\n%3\n\n",
        "[SC] %1 FEHLER %2:\n\n%3\n\n",
        "[SC] %1: ошибка: %2:\n\n%3\n\n",
        "[SC] %1 FAILED %2:\n\n%3\n\n",
        "[SC] %1 失败 %2:\n\n%3\n\n",
    ),
    "sc.success": (
        "[SC] %1 SUCCESS\n",
        "[SC] %1 ERFOLG\n",
        "[SC] %1: успех\n",
        "[SC] %1 SUCCESS\n",
        "[SC] %1 成功\n",
    ),
    "sc.syntax": (
        'ERROR:  Unrecognized command\n\nType "SC /?" for usage.\n',
        'FEHLER: Unbekannter Befehl\n\nGeben Sie "SC /?" ein, um die Syntax anzuzeigen.\n',
        'ОШИБКА: нераспознанная команда\n\nВведите "SC /?" для получения справки.\n',
        'エラー: 認識できないコマンド\n\n使用法を表示するには、"SC /?" と入力してください。\n',
        '错误: 未识别的命令\n\n键入 "SC /?" 了解用法。\n',
    ),
    "sc.bad_option": (
        (
            "DESCRIPTION:\n        Modifies a service entry in the registry and Service Database.\n"
            "USAGE:\n        sc <server> config [service name] <option1> <option2>...\n"
        ),
        (
            "BESCHREIBUNG:\n        Ändert einen Diensteintrag in der Registrierung und Dienstdatenbank.\n"
            "SYNTAX:\n        sc <Server> config [Dienstname] <Option1> <Option2>...\n"
        ),
        (
            "ОПИСАНИЕ:\n        Изменение параметров службы в реестре и базе данных служб.\n"
            "ИСПОЛЬЗОВАНИЕ:\n        sc <сервер> config [имя_службы] <параметр1> <параметр2>...\n"
        ),
        (
            "説明:\n        レジストリ内のサービス エントリとサービス データベースを変更します。\n"
            "使用法:\n        sc <サーバー> config [サービス名] <オプション 1> <オプション 2>...\n"
        ),
        (
            "描述:\n        在注册表和服务数据库中修改服务项。\n"
            "用法:\n        sc <server> config [service name] <option1> <option2>...\n"
        ),
    ),
    "net.stopping": (
        "The %1 service is stopping.\n",
        "%1 wird beendet.\n",
        'Служба "%1" останавливается.\n',
        "%1 サービスを停止中です.\n",
        "%1 服务正在停止.\n",
    ),
    "net.stopped": (
        "The %1 service was stopped successfully.\n\n",
        "%1 wurde erfolgreich beendet.\n\n",
        'Служба "%1" успешно остановлена.\n\n',
        "%1 サービスは正常に停止されました。\n\n",
        "%1 服务已成功停止。\n\n",
    ),
    "net.starting": (
        "The %1 service is starting.\n",
        "%1 wird gestartet.\n",
        'Служба "%1" запускается.\n',
        "%1 サービスを開始します.\n",
        "%1 服务正在启动 .\n",
    ),
    "net.started": (
        "The %1 service was started successfully.\n\n",
        "%1 wurde erfolgreich gestartet.\n\n",
        'Служба "%1" успешно запущена.\n\n',
        "%1 サービスは正常に開始されました。\n\n",
        "%1 服务已经启动成功。\n\n",
    ),
    "net.more_help": (
        "%1\n\nMore help is available by typing NET HELPMSG %2.\n\n",
        "%1\n\nSie erhalten weitere Hilfe, wenn Sie NET HELPMSG %2 eingeben.\n\n",
        "%1\n\nДля вызова дополнительной справки наберите NET HELPMSG %2.\n\n",
        "%1\n\nNET HELPMSG %2 と入力すると、より詳しい説明が得られます。\n\n",
        "%1\n\n请键入 NET HELPMSG %2 以获得更多的帮助。\n\n",
    ),
    "net.system_error": (
        "System error %1 has occurred.\n\n%2\n\n",
        "Systemfehler %1 aufgetreten.\n\n%2\n\n",
        "Системная ошибка %1.\n\n%2\n\n",
        "システム エラー %1 が発生しました。\n\n%2\n\n",
        "发生系统错误 %1。\n\n%2\n\n",
    ),
    "net.list": (
        "These Windows services are started:\n\n",
        "Folgende Windows-Dienste sind gestartet:\n\n",
        "Запущены следующие службы Windows:\n\n",
        "次の Windows サービスが開始されています:\n\n",
        "已经启动以下 Windows 服务:\n\n",
    ),
    "net.done": (
        "The command completed successfully.\n\n",
        "Der Befehl wurde erfolgreich ausgeführt.\n\n",
        "Команда выполнена успешно.\n\n",
        "コマンドは正常に終了しました。\n\n",
        "命令成功完成。\n\n",
    ),
    "net.dependents": (
        (
            "The following services are dependent on the %1 service.\n"
            "Stopping the %1 service will also stop these services.\n\n"
        ),
        "Folgende Dienste hängen vom Dienst %1 ab.\nDas Beenden des Dienstes %1 beendet auch diese Dienste.\n\n",
        'Следующие службы зависят от службы "%1".\nЗавершение службы "%1" завершит также и эти службы.\n\n',
        "次のサービスは %1 サービスに依存しています。\n%1 サービスを停止すると、これらのサービスも停止されます。\n\n",
        "下面的服务依赖于 %1 服务。\n停止 %1 服务也会停止这些服务。\n\n",
    ),
    "net.continue": (
        "Do you want to continue this operation? (Y/N) [N]: ",
        "Möchten Sie diesen Vorgang fortsetzen? (J/N) [N]: ",
        "Вы хотите продолжить выполнение операции? (Y-да/N-нет) [N]: ",
        "この操作を続行しますか? (Y/N) [N]: ",
        "是否要继续此操作? (Y/N) [N]: ",
    ),
    "net.no_answer": (
        "\nNo valid response was provided.\n",
        "\nEs wurde keine gültige Antwort bereitgestellt.\n",
        "\nНе указан допустимый ответ.\n",
        "\n有効な応答がありませんでした。\n",
        "\n没有提供有效的响应。\n",
    ),
    "net.syntax": (
        "The syntax of this command is:\n\nNET\n    [ HELPMSG | SESSION | START | STOP | USER ]\n\n",
        "Die Syntax dieses Befehls lautet:\n\nNET\n    [ HELPMSG | SESSION | START | STOP | USER ]\n\n",
        "Синтаксис данной команды:\n\nNET\n    [ HELPMSG | SESSION | START | STOP | USER ]\n\n",
        "このコマンドの構文は次のとおりです:\n\nNET\n    [ HELPMSG | SESSION | START | STOP | USER ]\n\n",
        "此命令的语法是:\n\nNET\n    [ HELPMSG | SESSION | START | STOP | USER ]\n\n",
    ),
    "net.no_entries": (
        "There are no entries in the list.\n\n",
        "Es sind keine Einträge in der Liste.\n\n",
        "В списке нет элементов.\n\n",
        "一覧にエントリがありません。\n\n",
        "列表是空的。\n\n",
    ),
    "net.accounts": (
        "\nUser accounts for \\\\%1\n\n",
        "\nBenutzerkonten für \\\\%1\n\n",
        "\nУчетные записи пользователей для \\\\%1\n\n",
        "\n\\\\%1 のユーザー アカウント\n\n",
        "\n\\\\%1 的用户帐户\n\n",
    ),
}
