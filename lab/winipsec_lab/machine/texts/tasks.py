"""Texts of `schtasks`. The names of columns and the state of a task are translated too, unlike those of `sc`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, ...]] = {
    "tasks.error": ("ERROR: %1\n", "FEHLER: %1\n", "ОШИБКА: %1\n", "エラー: %1\n", "错误: %1\n"),
    "tasks.usage": (
        "SCHTASKS /parameter [arguments]\n\n    /Create /Delete /Query /Change /Run /End\n",
        "SCHTASKS /Parameter [Argumente]\n\n    /Create /Delete /Query /Change /Run /End\n",
        "SCHTASKS /параметр [аргументы]\n\n    /Create /Delete /Query /Change /Run /End\n",
        "SCHTASKS /パラメーター [引数]\n\n    /Create /Delete /Query /Change /Run /End\n",
        "SCHTASKS /parameter [arguments]\n\n    /Create /Delete /Query /Change /Run /End\n",
    ),
    "tasks.bad_option": (
        "Invalid argument/option - '%1'.\nType \"%2 /?\" for usage.",
        'Ungültiges Argument/Option - "%1".\nGeben Sie "%2 /?" ein, um die Syntax anzuzeigen.',
        'неверный параметр или аргумент - "%1".\nВведите "%2 /?" для получения справки.',
        "無効な引数またはオプションです - '%1'。\n使用法を表示するには、\"%2 /?\" と入力してください。",
        '无效参数/选项 - "%1"。\n键入 "%2 /?" 以了解用法。',
    ),
    "tasks.missing_switch": (
        "Invalid syntax. Mandatory option '%1' is missing.\nType \"%2 /?\" for usage.",
        'Ungültige Syntax. Die erforderliche Option "%1" fehlt.\nGeben Sie "%2 /?" ein, um die Syntax anzuzeigen.',
        'неверный синтаксис. Отсутствует обязательный параметр "%1".\nВведите "%2 /?" для получения справки.',
        "無効な構文です。必須オプション '%1' がありません。\n使用法を表示するには、\"%2 /?\" と入力してください。",
        "无效语法。缺少强制选项 '%1'。\n键入 \"%2 /?\" 以了解用法。",
    ),
    "tasks.repeated_switch": (
        "Invalid syntax. '%1' option is not allowed more than '1' time(s).\nType \"%2 /?\" for usage.",
        'Ungültige Syntax. Option "%1" ist nur einmal zulässig.\nGeben Sie "%2 /?" ein, um die Syntax anzuzeigen.',
        'неверный синтаксис. Параметр "%1" допускается один раз.\nВведите "%2 /?" для получения справки.',
        "無効な構文です。'%1' オプションは 1 回しか使えません。\n使用法を表示するには、\"%2 /?\" と入力してください。",
        "无效语法。'%1' 选项只允许出现 1 次。\n键入 \"%2 /?\" 以了解用法。",
    ),
    "tasks.no_value": (
        "Invalid syntax. Value expected for '%1'.\nType \"%2 /?\" for usage.",
        'Ungültige Syntax. Für "%1" wird ein Wert erwartet.\nGeben Sie "%2 /?" ein, um die Syntax anzuzeigen.',
        'неверный синтаксис. Ожидалось значение для "%1".\nВведите "%2 /?" для получения справки.',
        "無効な構文です。'%1' には値が必要です。\n使用法を表示するには、\"%2 /?\" と入力してください。",
        "无效语法。'%1' 应有值。\n键入 \"%2 /?\" 以了解用法。",
    ),
    "tasks.bad_value_of": (
        "Invalid syntax. Incorrect value for '%1'.\nType \"%2 /?\" for usage.",
        'Ungültige Syntax. Falscher Wert für "%1".\nGeben Sie "%2 /?" ein, um die Syntax anzuzeigen.',
        'неверный синтаксис. Неправильное значение для "%1".\nВведите "%2 /?" для получения справки.',
        "無効な構文です。'%1' の値が正しくありません。\n使用法を表示するには、\"%2 /?\" と入力してください。",
        "无效语法。'%1' 的值不正确。\n键入 \"%2 /?\" 以了解用法。",
    ),
    "tasks.too_long": (
        "Invalid syntax. Value for '%1' option cannot be more than %2 character(s).\nType \"%3 /?\" for usage.",
        'Ungültige Syntax. "%1" darf höchstens %2 Zeichen haben.\nGeben Sie "%3 /?" ein, um die Syntax anzuzeigen.',
        'неверный синтаксис. Значение "%1" не длиннее %2 знаков.\nВведите "%3 /?" для получения справки.',
        "無効な構文です。'%1' の値は %2 文字以内です。\n使用法を表示するには、\"%3 /?\" と入力してください。",
        "无效语法。'%1' 选项的值不能超过 %2 个字符。\n键入 \"%3 /?\" 以了解用法。",
    ),
    "tasks.no_answer": (
        "The operation was canceled because there is no input.",
        "Der Vorgang wurde abgebrochen, da keine Eingabe vorhanden ist.",
        "операция отменена, так как нет ввода.",
        "入力がないため、操作は取り消されました。",
        "由于没有输入，操作已取消。",
    ),
    "tasks.service_stopped": (
        "The Task Scheduler service is not running.",
        "Der Taskplanerdienst wird nicht ausgeführt.",
        "служба планировщика заданий не запущена.",
        "タスク スケジューラ サービスは実行されていません。",
        "任务计划程序服务未运行。",
    ),
    "tasks.disabled": (
        "The task is disabled.",
        "Die Aufgabe ist deaktiviert.",
        "задание отключено.",
        "タスクは無効です。",
        "任务已禁用。",
    ),
    "tasks.unexpected_node": (
        "The task XML contains an unexpected node.",
        "Die Aufgaben-XML enthält einen unerwarteten Knoten.",
        "XML-код задания содержит непредвиденный узел.",
        "タスク XML に予期しないノードが含まれています。",
        "任务 XML 包含意外节点。",
    ),
    "tasks.namespace": (
        "The task XML contains an element or attribute from an unexpected namespace.",
        "Die Aufgaben-XML enthält ein Element oder Attribut aus einem unerwarteten Namespace.",
        "XML-код задания содержит элемент или атрибут из непредвиденного пространства имен.",
        "タスク XML に予期しない名前空間の要素または属性が含まれています。",
        "任务 XML 包含来自意外命名空间的元素或属性。",
    ),
    "tasks.bad_value": (
        "The task XML contains a value which is incorrectly formatted or out of range.",
        "Die Aufgaben-XML enthält einen Wert, der falsch formatiert oder außerhalb des gültigen Bereichs ist.",
        "XML-код задания содержит значение в неправильном формате или вне допустимого диапазона.",
        "タスク XML に、形式が正しくない値または範囲外の値が含まれています。",
        "任务 XML 包含格式不正确或超出范围的值。",
    ),
    "tasks.missing_node": (
        "The task XML is missing a required element or attribute.",
        "In der Aufgaben-XML fehlt ein erforderliches Element oder Attribut.",
        "в XML-коде задания отсутствует обязательный элемент или атрибут.",
        "タスク XML に必要な要素または属性がありません。",
        "任务 XML 缺少必需的元素或属性。",
    ),
    "tasks.malformed": (
        "The task XML is malformed.",
        "Die Aufgaben-XML ist falsch formatiert.",
        "неправильный формат XML-кода задания.",
        "タスク XML の形式が正しくありません。",
        "任务 XML 格式错误。",
    ),
    "tasks.not_simulated": (
        "The Task Scheduler of this simulated host does not know '%1'.",
        'Der Taskplaner dieses simulierten Hosts kennt "%1" nicht.',
        'планировщик заданий этого моделируемого узла не знает "%1".',
        "このシミュレートされたホストのタスク スケジューラは '%1' を扱えません。",
        "此模拟主机的任务计划程序不支持 '%1'。",
    ),
    "tasks.past_start": (
        "WARNING: Task may not run because /ST is earlier than current time.\n",
        "WARNUNG: Die Aufgabe wird eventuell nicht ausgeführt, da /ST vor der aktuellen Zeit liegt.\n",
        "ПРЕДУПРЕЖДЕНИЕ: задание может не запуститься, так как /ST меньше текущего времени.\n",
        "警告: /ST が現在の時刻より前なので、タスクは実行されない可能性があります。\n",
        "警告: 由于 /ST 早于当前时间，任务可能不会运行。\n",
    ),
    "tasks.created": (
        'SUCCESS: The scheduled task "%1" has successfully been created.\n',
        'ERFOLGREICH: Die geplante Aufgabe "%1" wurde erfolgreich erstellt.\n',
        'УСПЕХ. Запланированная задача "%1" была успешно создана.\n',
        '成功: スケジュール タスク "%1" は正しく作成されました。\n',
        '成功: 成功创建计划任务 "%1"。\n',
    ),
    "tasks.deleted": (
        'SUCCESS: The scheduled task "%1" was successfully deleted.\n',
        'ERFOLGREICH: Die geplante Aufgabe "%1" wurde erfolgreich gelöscht.\n',
        'УСПЕХ. Запланированная задача "%1" успешно удалена.\n',
        '成功: スケジュール タスク "%1" は正しく削除されました。\n',
        '成功: 计划的任务 "%1" 被成功删除。\n',
    ),
    "tasks.started": (
        'SUCCESS: Attempted to run the scheduled task "%1".\n',
        'ERFOLGREICH: Es wurde versucht, die geplante Aufgabe "%1" auszuführen.\n',
        'УСПЕХ. Предпринята попытка выполнить запланированную задачу "%1".\n',
        '成功: スケジュール タスク "%1" の実行が試行されました。\n',
        '成功: 尝试运行 "%1"。\n',
    ),
    "tasks.ended": (
        'SUCCESS: The scheduled task "%1" has been terminated successfully.\n',
        'ERFOLGREICH: Die geplante Aufgabe "%1" wurde erfolgreich beendet.\n',
        'УСПЕХ. Запланированная задача "%1" была успешно завершена.\n',
        '成功: スケジュール タスク "%1" は正しく終了しました。\n',
        '成功: 计划任务 "%1" 已被成功终止。\n',
    ),
    "tasks.changed": (
        'SUCCESS: The parameters of scheduled task "%1" have been changed.\n',
        'ERFOLGREICH: Die Parameter der geplanten Aufgabe "%1" wurden geändert.\n',
        'УСПЕХ. Параметры запланированной задачи "%1" были изменены.\n',
        '成功: スケジュール タスク "%1" のパラメーターは変更されました。\n',
        '成功: 计划任务 "%1" 的参数已更改。\n',
    ),
    "tasks.replace": (
        'WARNING: The task name "%1" already exists. Do you want to replace it (Y/N)? ',
        'WARNUNG: Der Aufgabenname "%1" ist bereits vorhanden. Möchten Sie ihn ersetzen (J/N)? ',
        'ПРЕДУПРЕЖДЕНИЕ: задача с именем "%1" уже существует. Заменить (Y/N)? ',
        '警告: タスク名 "%1" は既に存在します。置き換えますか (Y/N)? ',
        '警告: 任务名称 "%1" 已经存在。你想替换它吗 (Y/N)? ',
    ),
    "tasks.kept": (
        'INFO: The scheduled task "%1" was not replaced.\n',
        'INFORMATION: Die geplante Aufgabe "%1" wurde nicht ersetzt.\n',
        'Информация: запланированная задача "%1" не была заменена.\n',
        '情報: スケジュール タスク "%1" は置き換えられませんでした。\n',
        '信息: 未替换计划任务 "%1"。\n',
    ),
    "tasks.remove": (
        'WARNING: Are you sure you want to remove the task "%1" (Y/N)? ',
        'WARNUNG: Möchten Sie die Aufgabe "%1" wirklich löschen (J/N)? ',
        'ПРЕДУПРЕЖДЕНИЕ: вы действительно хотите удалить задачу "%1" (Y/N)? ',
        '警告: タスク "%1" を削除しますか (Y/N)? ',
        '警告: 确定要删除任务 "%1" 吗 (Y/N)? ',
    ),
    "tasks.remove_all": (
        "WARNING: Are you sure you want to remove all tasks (Y/N)? ",
        "WARNUNG: Möchten Sie wirklich alle Aufgaben löschen (J/N)? ",
        "ПРЕДУПРЕЖДЕНИЕ: вы действительно хотите удалить все задачи (Y/N)? ",
        "警告: すべてのタスクを削除しますか (Y/N)? ",
        "警告: 确定要删除所有任务吗 (Y/N)? ",
    ),
    "tasks.password": (
        "Please enter the run as password for %1: ",
        'Geben Sie das Kennwort für "Ausführen als" für %1 ein: ',
        "Введите пароль пользователя %1: ",
        "%1 の実行パスワードを入力してください: ",
        "请输入 %1 的运行方式密码: ",
    ),
    "tasks.folder": ("\nFolder: %1\n", "\nOrdner: %1\n", "\nПапка: %1\n", "\nフォルダー: %1\n", "\n文件夹: %1\n"),
    "tasks.none": (
        "INFO: There are no scheduled tasks presently available at your access level.\n",
        "INFORMATION: Auf Ihrer Zugriffsebene sind derzeit keine geplanten Aufgaben verfügbar.\n",
        "Информация: на вашем уровне доступа нет запланированных задач.\n",
        "情報: お使いのアクセス レベルで利用できるスケジュール タスクはありません。\n",
        "信息: 目前在你的访问级别上不存在任何可用的计划任务。\n",
    ),
    "tasks.states": (
        "Ready|Running|Disabled",
        "Bereit|Wird ausgeführt|Deaktiviert",
        "Готово|Выполняется|Отключено",
        "準備完了|実行中|無効",
        "就绪|正在运行|已禁用",
    ),
    "tasks.switches": (
        "Enabled|Disabled",
        "Aktiviert|Deaktiviert",
        "Включено|Отключено",
        "有効|無効",
        "已启用|已禁用",
    ),
    "tasks.logon": (
        "Interactive/Background|Interactive only",
        "Interaktiv/Hintergrund|Nur interaktiv",
        "Интерактивный/фоновый|Только интерактивный",
        "対話型/バックグラウンド|対話型のみ",
        "交互方式/后台方式|只使用交互方式",
    ),
    "tasks.on_batteries": (
        "Stop On Battery Mode, No Start On Batteries",
        "Im Akkubetrieb beenden, Nicht im Akkubetrieb starten",
        "Остановка при работе от батарей, не запускать при работе от батарей",
        "バッテリ モードで停止, バッテリで開始しない",
        "在电池模式停止, 不用电池启动",
    ),
    "tasks.not_applicable": ("N/A", "Nicht zutreffend", "Н/Д", "N/A", "N/A"),
    "tasks.schedule_column": (
        "Scheduling data is not available in this format.",
        "Die Zeitplandaten sind in diesem Format nicht verfügbar.",
        "Данные расписания в этом формате недоступны.",
        "この形式ではスケジュール データは利用できません。",
        "计划数据在此格式中不可用。",
    ),
    "tasks.schedules": (
        "One Time Only|At system start up|When the task is created or modified|On demand only",
        "Nur einmal|Beim Systemstart|Beim Erstellen oder Ändern der Aufgabe|Nur bei Bedarf",
        "Только один раз|При запуске системы|При создании или изменении задачи|Только по запросу",
        "一回のみ|システム起動時|タスクの作成または変更時|要求時のみ",
        "仅一次|在系统启动时|创建或修改任务时|仅按需",
    ),
    "tasks.columns": (
        (
            "HostName|TaskName|Next Run Time|Status|Logon Mode|Last Run Time|Last Result|Author|Task To Run|Start In|"
            "Comment|Scheduled Task State|Idle Time|Power Management|Run As User|Delete Task If Not Rescheduled|"
            "Stop Task If Runs X Hours and X Mins|Schedule|Schedule Type|Start Time|Start Date|End Date|Days|Months|"
            "Repeat: Every|Repeat: Until: Time|Repeat: Until: Duration|Repeat: Stop If Still Running"
        ),
        (
            "Hostname|Aufgabenname|Nächste Laufzeit|Status|Anmeldemodus|Letzte Laufzeit|Letztes Ergebnis|Autor|"
            "Auszuführende Aufgabe|Starten in|Kommentar|Status der geplanten Aufgabe|Leerlaufzeit|Energieverwaltung|"
            "Als Benutzer ausführen|Aufgabe löschen, wenn nicht erneut geplant|"
            "Aufgabe beenden, wenn sie X Stunden und X Minuten läuft|Zeitplan|Zeitplantyp|Startzeit|Startdatum|Enddatum|"
            "Tage|Monate|Wiederholen: jede|Wiederholen: bis: Uhrzeit|Wiederholen: bis: Dauer|"
            "Wiederholen: Beenden, wenn noch ausgeführt"
        ),
        (
            "Имя узла|Имя задачи|Время следующего запуска|Статус|Режим входа в систему|Время прошлого запуска|"
            "Прошлый результат|Автор|Задача для выполнения|Рабочая папка|Примечание|Состояние назначенной задачи|"
            "Время простоя|Управление электропитанием|Запустить от имени|Удалить задачу, если она не перенесена|"
            "Остановить задачу, если она выполняется X ч и X мин|Расписание|Тип расписания|Время начала|Дата начала|"
            "Дата окончания|дн.|мес.|Повторять: каждые|Повторять: до: время|Повторять: в течение: длительность|"
            "Повторять: остановить, если выполняется"
        ),
        (
            "ホスト名|タスク名|次回の実行時刻|状態|ログオン モード|前回の実行時刻|前回の結果|作成者|実行するタスク|開始|"
            "コメント|スケジュールされたタスクの状態|アイドル時間|電源管理|ユーザーとして実行|"
            "再度スケジュールされない場合はタスクを削除する|タスクを停止するまでの時間|スケジュール|"
            "スケジュールの種類|開始時刻|開始日|終了日|日|月|繰り返し: 間隔|繰り返し: 終了時刻|繰り返し: 期間|"
            "繰り返し: 実行中の場合は停止"
        ),
        (
            "主机名|任务名|下次运行时间|模式|登录状态|上次运行时间|上次结果|创建者|要运行的任务|起始于|注释|计划任务状态|"
            "空闲时间|电源管理|作为用户运行|删除没有计划的任务|如果运行了 X 小时 X 分钟，停止任务|计划|计划类型|"
            "开始时间|开始日期|结束日期|天|月|重复: 每|重复: 截止: 时间|重复: 截止: 持续时间|重复: 如果还在运行，停止"
        ),
    ),
}
