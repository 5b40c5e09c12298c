// A service in Go on a test host: one program without libraries, built in the room by Debian's compiler.
import type { Host } from '../host/host.ts'
import { fetched, seeded } from './seeded-service.ts'

const PORT = 9400
/** Nothing is fetched, and no library of the machine is linked. */
const BUILD = [
  'env',
  'CGO_ENABLED=0',
  'GOTOOLCHAIN=local',
  'go',
  'build',
  '-trimpath',
  '-o',
  'bin/tally',
  '.',
]

const FILES: Readonly<Record<string, string>> = {
  'go.mod': 'module example.jp/tally\n\ngo 1.24\n',
  'main.go': `package main

import (
	"bufio"
	"fmt"
	"net"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:9400")
	if err != nil {
		panic(err)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go serve(connection)
	}
}

func serve(connection net.Conn) {
	defer connection.Close()
	line, _ := bufio.NewReader(connection).ReadString('\\n')
	body := answer(line)
	fmt.Fprintf(connection, "HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\nConnection: close\\r\\n\\r\\n%s", len(body), body)
}
`,
  'answer.go': `package main

import "strings"

func answer(line string) string {
	if strings.HasPrefix(line, "GET /health ") {
		return "{\\"status\\":\\"ok\\"}"
	}
	return "tally 1"
}
`,
  'answer_test.go': `package main

import "testing"

func TestHealth(t *testing.T) {
	if answer("GET /health HTTP/1.1\\r\\n") != "{\\"status\\":\\"ok\\"}" {
		t.Fatal("health")
	}
}
`,
  'script/test': 'CGO_ENABLED=0 GOTOOLCHAIN=local go test -json ./... >report.json\n',
  '.gitignore': 'bin/\nreport.json\n',
}

const TEST = `    build: { argv: [${BUILD.join(', ')}], within: 10m }
    test:
      argv: [sh, script/test]
      results: { go-json: report.json }
      within: 10m
`

export const tallied = (host: Host, path: string) => fetched(host, PORT, path)

export const tally = seeded({
  name: 'tally',
  port: PORT,
  files: FILES,
  build: BUILD,
  start: 'bin/tally',
  rules: TEST,
})
