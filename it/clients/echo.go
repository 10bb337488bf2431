// The echo application with Go's net/http/fcgi. Query `early=N`: N bytes before the body is read.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/fcgi"
	"strconv"
)

func number(r *http.Request, name string) int {
	n, _ := strconv.Atoi(r.URL.Query().Get(name))
	return n
}

func main() {
	fcgi.Serve(nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("X-One", r.Header.Get("X-One"))
		w.Write(bytes.Repeat([]byte("x"), number(r, "early")))
		body, _ := io.ReadAll(r.Body)
		sum := 0
		for _, b := range body {
			sum += int(b)
		}
		w.Write(bytes.Repeat([]byte("x"), number(r, "late")))
		fmt.Fprintf(w, "%s %d %d\n", r.Method, len(body), sum)
	}))
}
