"""Texts of `ping` and `ipconfig`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, ...]] = {
    "ping.header": (
        "\nPinging %1 with 32 bytes of data:\n",
        "\nPing wird ausgeführt für %1 mit 32 Bytes Daten:\n",
        "\nОбмен пакетами с %1 по с 32 байтами данных:\n",
        "\n%1 に ping を送信しています 32 バイトのデータ:\n",
        "\n正在 Ping %1 具有 32 字节的数据:\n",
    ),
    "ping.reply": (
        "Reply from %1: bytes=32 time<1ms TTL=128\n",
        "Antwort von %1: Bytes=32 Zeit<1ms TTL=128\n",
        "Ответ от %1: число байт=32 время<1мс TTL=128\n",
        "%1 からの応答: バイト数 =32 時間 <1ms TTL=128\n",
        "来自 %1 的回复: 字节=32 时间<1ms TTL=128\n",
    ),
    "ping.timed_out": (
        "Request timed out.\n",
        "Zeitüberschreitung der Anforderung.\n",
        "Превышен интервал ожидания для запроса.\n",
        "要求がタイムアウトしました。\n",
        "请求超时。\n",
    ),
    "ping.statistics": (
        "\nPing statistics for %1:\n    Packets: Sent = %2, Received = %3, Lost = %4 (%5% loss),\n",
        "\nPing-Statistik für %1:\n    Pakete: Gesendet = %2, Empfangen = %3, Verloren = %4\n    (%5% Verlust),\n",
        "\nСтатистика Ping для %1:\n    Пакетов: отправлено = %2, получено = %3, потеряно = %4\n    (%5% потерь)\n",
        "\n%1 の ping 統計:\n    パケット数: 送信 = %2、受信 = %3、損失 = %4 (%5% の損失)、\n",
        "\n%1 的 Ping 统计信息:\n    数据包: 已发送 = %2，已接收 = %3，丢失 = %4 (%5% 丢失)，\n",
    ),
    "ping.times": (
        "Approximate round trip times in milli-seconds:\n    Minimum = 0ms, Maximum = 0ms, Average = 0ms\n",
        "Ca. Zeitangaben in Millisek.:\n    Minimum = 0ms, Maximum = 0ms, Mittelwert = 0ms\n",
        (
            "Приблизительное время приема-передачи в мс:\n    Минимальное = 0мсек, Максимальное = 0 мсек, "
            "Среднее = 0 мсек\n"
        ),
        "ラウンド トリップの概算時間 (ミリ秒):\n    最小 = 0ms、最大 = 0ms、平均 = 0ms\n",
        "往返行程的估计时间(以毫秒为单位):\n    最短 = 0ms，最长 = 0ms，平均 = 0ms\n",
    ),
    "ping.unknown": (
        "Ping request could not find host %1. Please check the name and try again.\n",
        'Ping-Anforderung konnte Host "%1" nicht finden. Überprüfen Sie den Namen, und\nversuchen Sie es erneut.\n',
        "При проверке связи не удалось обнаружить узел %1.\nПроверьте имя узла и повторите попытку.\n",
        "ping 要求ではホスト %1 が見つかりませんでした。ホスト名を確認してもう一度実行してください。\n",
        "Ping 请求找不到主机 %1。请检查该名称，然后重试。\n",
    ),
    "ping.bad_option": (
        "Bad option %1.\n",
        "Ungültige Option %1.\n",
        "Неправильный параметр %1.\n",
        "%1 は無効なオプションです。\n",
        "选项 %1 不正确。\n",
    ),
    "ping.bad_value": (
        "Bad value for option %1, valid range is from 1 to 4294967295.\n",
        "Ungültiger Wert für Option %1, gültiger Bereich liegt zwischen 1 und 4294967295.\n",
        "Недопустимое значение параметра %1, допустимый диапазон: с 1 по 4294967295.\n",
        "オプション %1 の値は無効です。有効な値は 1 から 4294967295 です。\n",
        "选项 %1 的值有误，有效范围从 1 到 4294967295。\n",
    ),
    "ipconfig.header": (
        "\nWindows IP Configuration\n\n",
        "\nWindows-IP-Konfiguration\n\n",
        "\nНастройка протокола IP для Windows\n\n",
        "\nWindows IP 構成\n\n",
        "\nWindows IP 配置\n\n",
    ),
    "ipconfig.adapter": (
        "\nEthernet adapter Ethernet:\n\n   Connection-specific DNS Suffix  . : \n",
        "\nEthernet-Adapter Ethernet:\n\n   Verbindungsspezifisches DNS-Suffix: \n",
        "\nАдаптер Ethernet Ethernet:\n\n   DNS-суффикс подключения . . . . . : \n",
        "\nイーサネット アダプター イーサネット:\n\n   接続固有の DNS サフィックス . . . . .: \n",
        "\n以太网适配器 以太网:\n\n   连接特定的 DNS 后缀 . . . . . . . : \n",
    ),
    "ipconfig.v4": (
        "   IPv4 Address. . . . . . . . . . . : ",
        "   IPv4-Adresse  . . . . . . . . . . : ",
        "   IPv4-адрес. . . . . . . . . . . . : ",
        "   IPv4 アドレス . . . . . . . . . . . .: ",
        "   IPv4 地址 . . . . . . . . . . . . : ",
    ),
    "ipconfig.v6": (
        "   IPv6 Address. . . . . . . . . . . : ",
        "   IPv6-Adresse. . . . . . . . . . . : ",
        "   IPv6-адрес. . . . . . . . . . . . : ",
        "   IPv6 アドレス . . . . . . . . . . . .: ",
        "   IPv6 地址 . . . . . . . . . . . . : ",
    ),
    "ipconfig.mask": (
        "   Subnet Mask . . . . . . . . . . . : ",
        "   Subnetzmaske  . . . . . . . . . . : ",
        "   Маска подсети . . . . . . . . . . : ",
        "   サブネット マスク . . . . . . . . . .: ",
        "   子网掩码  . . . . . . . . . . . . : ",
    ),
    "ipconfig.gateway": (
        "   Default Gateway . . . . . . . . . : ",
        "   Standardgateway . . . . . . . . . : ",
        "   Основной шлюз. . . . . . . . . : ",
        "   デフォルト ゲートウェイ . . . . . . .: ",
        "   默认网关. . . . . . . . . . . . . : ",
    ),
    "ipconfig.dns": (
        "   DNS Servers . . . . . . . . . . . : ",
        "   DNS-Server  . . . . . . . . . . . : ",
        "   DNS-серверы. . . . . . . . . . . : ",
        "   DNS サーバー. . . . . . . . . . . . .: ",
        "   DNS 服务器  . . . . . . . . . . . : ",
    ),
    "ipconfig.host": (
        "   Host Name . . . . . . . . . . . . : ",
        "   Hostname  . . . . . . . . . . . . : ",
        "   Имя компьютера  . . . . . . . . . : ",
        "   ホスト名. . . . . . . . . . . . . . .: ",
        "   主机名  . . . . . . . . . . . . . : ",
    ),
    "ipconfig.bad_option": (
        "\nError: unrecognized or incomplete command line.\n",
        "\nFehler: Unbekannte oder unvollständige Befehlszeile.\n",
        "\nОшибка: неопознанная или неполная командная строка.\n",
        "\nエラー: コマンド ラインが認識されないか、または不完全です。\n",
        "\n错误: 无法识别或不完整的命令行。\n",
    ),
}
