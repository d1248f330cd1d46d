/* Runs many Windows command lines from one process, each exactly as the WinRM service would start it.
 *
 *   launcher.exe JOBS RESULTS FOLDER
 *
 * JOBS holds one job a line: the command line in UTF-16LE, as hex digits. RESULTS gets one line each: exit code and
 * standard output, as hex digits. Standard output goes through a file in FOLDER: a pipe would be inherited by services
 * that Wine starts, and never end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static int digit(char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; }

static DWORD run(WCHAR *line, const char *path)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    STARTUPINFOW start = {sizeof start};
    PROCESS_INFORMATION process;
    DWORD code = 999;
    start.dwFlags = STARTF_USESTDHANDLES;
    start.hStdInput = CreateFileA("NUL", GENERIC_READ, FILE_SHARE_READ, &inherited, OPEN_EXISTING, 0, NULL);
    start.hStdOutput = start.hStdError = CreateFileA(
        path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, CREATE_ALWAYS, 0, NULL);
    if (CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &process)) {
        if (WaitForSingleObject(process.hProcess, 20000) == WAIT_TIMEOUT)
            TerminateProcess(process.hProcess, 998);
        GetExitCodeProcess(process.hProcess, &code);
        CloseHandle(process.hProcess);
        CloseHandle(process.hThread);
    }
    CloseHandle(start.hStdInput);
    CloseHandle(start.hStdOutput);
    return code;
}

int main(int argc, char **argv)
{
    static char job[200000];
    static WCHAR line[40000];
    char path[MAX_PATH];
    FILE *jobs, *results, *output;
    int c;
    if (argc != 4 || !(jobs = fopen(argv[1], "r")) || !(results = fopen(argv[2], "w")))
        return 2;
    snprintf(path, sizeof path, "%s\\output", argv[3]);
    while (fgets(job, sizeof job, jobs)) {
        size_t length = strcspn(job, "\r\n") / 4;
        for (size_t i = 0; i < length; i++) {
            char *d = job + 4 * i;
            line[i] = (WCHAR)(digit(d[0]) << 4 | digit(d[1]) | digit(d[2]) << 12 | digit(d[3]) << 8);
        }
        line[length] = 0;
        fprintf(results, "%lu ", run(line, path));
        if ((output = fopen(path, "rb"))) {
            while ((c = fgetc(output)) != EOF)
                fprintf(results, "%02x", c);
            fclose(output);
        }
        fputc('\n', results);
        fflush(results);
    }
    return 0;
}
