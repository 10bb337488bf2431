/* The echo application with libfcgi: reads the socket on descriptor 0. Query `early=N`: N bytes before the body
   is read. */
#include <fcgiapp.h>
#include <stdlib.h>
#include <string.h>

static void put(FCGX_Stream *out, long bytes) {
    while (bytes-- > 0) {
        FCGX_PutChar('x', out);
    }
}

int main(void) {
    FCGX_Request request;
    FCGX_Init();
    FCGX_InitRequest(&request, 0, 0);
    while (FCGX_Accept_r(&request) == 0) {
        char *query = FCGX_GetParam("QUERY_STRING", request.envp);
        char *one = FCGX_GetParam("HTTP_X_ONE", request.envp);
        long early = strncmp(query, "early=", 6) == 0 ? atol(query + 6) : 0;
        long late = strncmp(query, "late=", 5) == 0 ? atol(query + 5) : 0;
        unsigned long sum = 0, length = 0;
        int c;
        FCGX_FPrintF(request.out, "Content-Type: text/plain\r\nX-One: %s\r\n\r\n", one ? one : "");
        put(request.out, early);
        while ((c = FCGX_GetChar(request.in)) >= 0) {
            sum += c;
            length++;
        }
        put(request.out, late);
        FCGX_FPrintF(request.err, "said on stderr");
        FCGX_FPrintF(request.out, "%s %lu %lu\n", FCGX_GetParam("REQUEST_METHOD", request.envp), length, sum);
        FCGX_Finish_r(&request);
    }
    return 0;
}
