/* Stands in for netsh.exe: prints its arguments, one a line, each UTF-16 unit as four hex digits. */
#include <stdio.h>
#include <wchar.h>

int wmain(int argc, wchar_t **argv)
{
    for (int i = 1; i < argc; i++) {
        for (wchar_t *c = argv[i]; *c; c++)
            printf("%04x", *c);
        printf("\n");
    }
    return 0;
}
