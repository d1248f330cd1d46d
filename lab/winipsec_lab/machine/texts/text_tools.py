"""Texts of `find`, `findstr`, `more`, `sort`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, ...]] = {
    "find.format": (
        "FIND: Parameter format not correct\n",
        "FIND: Parameterformat falsch\n",
        "FIND: неправильный формат параметров\n",
        "FIND: パラメーターの書式が違います\n",
        "FIND: 参数格式不正确\n",
    ),
    "find.switch": (
        "Invalid switch\n",
        "Ungültiger Parameter\n",
        "Недопустимый ключ\n",
        "無効なスイッチです\n",
        "无效开关\n",
    ),
    "find.missing": (
        "File not found - %1\n",
        "Datei nicht gefunden - %1\n",
        "Не найден файл - %1\n",
        "ファイルが見つかりません - %1\n",
        "找不到文件 - %1\n",
    ),
    "findstr.bad_line": (
        "FINDSTR: Bad command line\n",
        "FINDSTR: Falsche Befehlszeile\n",
        "FINDSTR: неверная командная строка\n",
        "FINDSTR: コマンド ラインが正しくありません\n",
        "FINDSTR: 错误命令行\n",
    ),
    "findstr.ignored": (
        "FINDSTR: /%1 ignored\n",
        "FINDSTR: /%1 wird ignoriert\n",
        "FINDSTR: параметр /%1 пропущен\n",
        "FINDSTR: /%1 は無視されます\n",
        "FINDSTR: /%1 已忽略\n",
    ),
    "findstr.cannot_open": (
        "FINDSTR: Cannot open %1\n",
        "FINDSTR: %1 kann nicht geöffnet werden.\n",
        "FINDSTR: не удается открыть файл %1\n",
        "FINDSTR: %1 を開けません\n",
        "FINDSTR: 无法打开 %1\n",
    ),
    "findstr.no_strings": (
        "FINDSTR: No search strings\n",
        "FINDSTR: Keine Suchzeichenfolgen\n",
        "FINDSTR: нет строк для поиска\n",
        "FINDSTR: 検索する文字列がありません\n",
        "FINDSTR: 没有搜索字符串\n",
    ),
    "findstr.too_long": (
        "FINDSTR: Line %1 is too long.\n",
        "FINDSTR: Zeile %1 ist zu lang.\n",
        "FINDSTR: слишком длинная строка %1.\n",
        "FINDSTR: 行 %1 は長すぎます。\n",
        "FINDSTR: 行 %1 太长。\n",
    ),
    "more.cannot_open": (
        "Cannot access file %1\n",
        "Auf Datei %1 kann nicht zugegriffen werden.\n",
        "Не удается получить доступ к файлу %1\n",
        "ファイル %1 にアクセスできません\n",
        "无法访问文件 %1\n",
    ),
    "sort.missing": (
        "%1The system cannot find the file specified.\n",
        "%1Das System kann die angegebene Datei nicht finden.\n",
        "%1Не удается найти указанный файл.\n",
        "%1指定されたファイルが見つかりません。\n",
        "%1系统找不到指定的文件。\n",
    ),
    "sort.switch": (
        "Invalid switch.\n",
        "Ungültiger Parameter.\n",
        "Недопустимый ключ.\n",
        "無効なスイッチです。\n",
        "无效开关。\n",
    ),
}
