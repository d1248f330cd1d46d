@echo off
rem The plugin as the Pulumi engine finds it on Windows; see pulumi-resource-winipsec.
setlocal
set "dir=%~dp0"
set "python=python"
if exist "%dir%..\.venv\Scripts\python.exe" set "python=%dir%..\.venv\Scripts\python.exe"
if exist "%dir%Scripts\python.exe" set "python=%dir%Scripts\python.exe"
if exist "%dir%venv\Scripts\python.exe" set "python=%dir%venv\Scripts\python.exe"
if defined WINIPSEC_PYTHON set "python=%WINIPSEC_PYTHON%"
"%python%" -I -c "import sys; sys.path.insert(0, sys.argv.pop(1)); from winipsec.plugin.boot import main; main()" "%dir%." %*
