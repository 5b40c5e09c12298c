// A small service of its own in a test host: node, a git repository, a working directory of an agent. Once with releases and a link, once with its
// work tree in place and live data in it.
import type { Host } from '../host/host.ts'
import { operatorKey } from '../host/mirai.ts'
import { until } from '../until.ts'

export const ROOT = '/srv/notes'
export const WORK = '/home/claude/notes'

const SERVER = `import { createServer } from 'node:http'
import { greeting } from './greeting.js'

createServer((request, response) => {
  if (request.url === '/health') response.end(JSON.stringify({ status: 'ok' }))
  else response.end(greeting('notes'))
}).listen(9100, '127.0.0.1')
`
export const greeting = (word: string) => `export function greeting(name) {
  return \`${word} \${name}\`
}
`
export const greetingTest = (word: string) => `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { greeting } from '../greeting.js'

test('it greets by name', () => {
  assert.equal(greeting('a'), '${word} a')
})
`
const UNIT = (directory: string) => `[Unit]
Description=Notes
[Service]
User=notes
WorkingDirectory=${directory}
ExecStart=/usr/bin/node server.js
Restart=on-failure
[Install]
WantedBy=multi-user.target
`

/** What the tests are run by where a story declares it in the place of node itself. */
export const TEST_SCRIPT = 'node --test --test-reporter=junit --test-reporter-destination=report.xml\n'

/** The service, as it stands below `services:`. */
export const NOTES_SERVICE = (deploy: 'releases' | 'in-place') => `  notes:
    manager: { systemd: notes.service }
    health: { url: 'http://127.0.0.1:9100/health', json: { status: ok }, good: 2, of: 3, every: 200ms }
    repo: { path: ${ROOT}, branch: main, deploy: ${deploy} }
    test:
      argv: [node, --test, --test-reporter=junit, --test-reporter-destination=report.xml]
      results: { junit: report.xml }
      within: 2m
    smoke: { argv: [node, -e, "fetch('http://127.0.0.1:9100/').then((answer) => process.exit(answer.ok ? 0 : 1))"] }
`

export const notesPolicy = async (host: Host, deploy: 'releases' | 'in-place', more = '') => `lang: en
name: notes
services:
${NOTES_SERVICE(deploy)}${more}people:
  ops1: { keys: ['${await operatorKey(host)}'] }
agents:
  claude: { name: Claude, model: opus, sponsor: ops1 }
policy: { keep: 60s }
`

/** The first commit, deployed by hand; the agent has a clone of it. `changed`: files that are other than usual. */
export async function makeNotes(
  host: Host,
  deploy: 'releases' | 'in-place',
  changed: Readonly<Record<string, string>> = {},
): Promise<void> {
  const seed = '/root/seed'
  const files: readonly (readonly [string, string])[] = [
    ['package.json', '{ "name": "notes", "type": "module" }\n'],
    ['server.js', SERVER],
    ['greeting.js', greeting('Hello')],
    ['test/greeting.test.js', greetingTest('Hello')],
    ['docs/old.md', 'notes\n'],
    ['tool.sh', '#!/bin/sh\n'],
    ['script/test', TEST_SCRIPT],
    ['gone.txt', 'gone\n'],
    ['data/live.json', '[{"id":1}]\n'],
  ]
  await host.ok(['mkdir', '-p', `${seed}/test`, `${seed}/docs`, `${seed}/data`, `${seed}/script`])
  for (const [path, text] of files) await host.put(`${seed}/${path}`, changed[path] ?? text)
  await host.put('/etc/systemd/system/notes.service', UNIT(deploy === 'releases' ? `${ROOT}/current` : ROOT))
  const laid =
    deploy === 'releases'
      ? `install -d ${ROOT}/releases ${ROOT}/shared
git clone -q --bare ${seed} ${ROOT}/repository.git
cp -a ${seed} ${ROOT}/releases/first && rm -rf ${ROOT}/releases/first/.git
ln -s releases/first ${ROOT}/current`
      : `git clone -q ${seed} ${ROOT} && chown -R notes:notes ${ROOT}`
  await host.ok([
    'bash',
    '-ec',
    `useradd --system --no-create-home --shell /usr/sbin/nologin notes
cd ${seed} && git init -q -b main && git add . && git -c user.name=seed -c user.email=seed@example.jp commit -qm first
${laid}
git clone -q ${seed} ${WORK} && git -C ${WORK} config user.name Claude && git -C ${WORK} config user.email claude@example.jp
chown -R claude:claude ${WORK}
systemctl daemon-reload && systemctl enable -q --now notes`,
  ])
  await until('the notes to answer', 20_000, async () =>
    (await says(host)) === 'Hello notes' ? true : undefined,
  )
}

export async function says(host: Host): Promise<string> {
  return (await host.exec(['curl', '-s', '--max-time', '2', 'http://127.0.0.1:9100/'])).stdout
}

/** The agent changes a file and its test, and commits. Answers the commit. */
export async function commitGreeting(host: Host, word: string): Promise<string> {
  await host.put(`${WORK}/greeting.js`, greeting(word))
  await host.put(`${WORK}/test/greeting.test.js`, greetingTest(word))
  await host.ok(['chown', '-R', 'claude:claude', WORK])
  await host.ok(['git', '-C', WORK, 'commit', '-qam', `say ${word}`], { user: 'claude' })
  return (await host.ok(['git', '-C', WORK, 'rev-parse', 'HEAD'], { user: 'claude' })).trim()
}
