// A service in Go on a test host: one program without libraries, built in the room by Debian's compiler.
import type { Host } from '../host/host.ts'
import { operatorKey } from '../host/mirai.ts'
import { until } from '../until.ts'
import type { StoryService } from './code-story.ts'

const ROOT = '/srv/tally'
const WORK = '/home/claude/tally'
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

const UNIT = `[Unit]
Description=Tally
[Service]
User=tally
WorkingDirectory=${ROOT}/current
ExecStart=${ROOT}/current/bin/tally
Restart=on-failure
[Install]
WantedBy=multi-user.target
`

const policy = async (host: Host) => `lang: en
name: tally
services:
  tally:
    manager: { systemd: tally.service }
    health: { url: 'http://127.0.0.1:9400/health', json: { status: ok }, good: 2, of: 3, every: 200ms }
    repo: { path: ${ROOT}, branch: main, deploy: releases }
    build: { argv: [${BUILD.join(', ')}], within: 10m }
    test:
      argv: [sh, script/test]
      results: { go-json: report.json }
      within: 10m
people:
  ops1: { keys: ['${await operatorKey(host)}'] }
agents:
  claude: { name: Claude, model: opus, sponsor: ops1 }
policy: { keep: 60s }
`

async function make(host: Host): Promise<void> {
  const seed = '/root/seed'
  await host.ok(['mkdir', '-p', `${seed}/script`])
  for (const [path, text] of Object.entries(FILES)) await host.put(`${seed}/${path}`, text)
  await host.put('/etc/systemd/system/tally.service', UNIT)
  await host.ok(
    [
      'bash',
      '-ec',
      `useradd --system --no-create-home --shell /usr/sbin/nologin tally
cd ${seed} && git init -q -b main && git add . && git -c user.name=seed -c user.email=seed@example.jp commit -qm first
install -d ${ROOT}/releases ${ROOT}/shared
git clone -q --bare ${seed} ${ROOT}/repository.git
cp -a ${seed} ${ROOT}/releases/first && rm -rf ${ROOT}/releases/first/.git
ln -s releases/first ${ROOT}/current
cd ${ROOT}/releases/first && ${BUILD.join(' ')}
git clone -q ${seed} ${WORK} && git -C ${WORK} config user.name Claude && git -C ${WORK} config user.email claude@example.jp
chown -R claude:claude ${WORK}
systemctl daemon-reload && systemctl enable -q --now tally`,
    ],
    { timeoutMs: 600_000 },
  )
  await until('the tally to answer', 30_000, async () =>
    (await tallied(host, '/health')).includes('ok') ? true : undefined,
  )
}

export async function tallied(host: Host, path: string): Promise<string> {
  return (await host.exec(['curl', '-s', '--max-time', '5', `http://127.0.0.1:9400${path}`])).stdout.trim()
}

export const tally: StoryService = { name: 'tally', root: ROOT, work: WORK, policy, make }
