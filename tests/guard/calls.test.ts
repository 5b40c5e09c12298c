// S01 S03 S04 Tools that are no shell: what their names and their input say is done, whatever the keys are called.
import { expect, test } from 'vitest'
import { requestOfTool } from '../../src/guard/agent-tools.ts'
import { decide } from '../../src/guard/decide.ts'
import { COMPILED, CWD } from './world.ts'

const DATA = '/srv/app/backend/data/users.json'
const REMOVE = 'rm -rf /srv/app/backend/data'

type Row = readonly [verdict: string, rule: string, tool: string, input: unknown]

const ROWS: readonly Row[] = [
  // Commands
  ['deny', 'protect.data', 'mcp__shell__exec', { cmdline: REMOVE }],
  ['deny', 'protect.data', 'mcp__shell__exec', { command_line: REMOVE }],
  ['deny', 'protect.data', 'mcp__shell__exec', { shellCommand: REMOVE }],
  ['deny', 'protect.data', 'mcp__shell__exec', { bash_command: REMOVE }],
  ['deny', 'protect.data', 'mcp__shell__exec', { input: REMOVE }],
  ['deny', 'protect.data', 'mcp__tmux__send_keys', { keys: `${REMOVE}\n` }],
  ['deny', 'service.stop', 'mcp__ssh__run', { text: 'systemctl stop backend' }],
  ['deny', 'protect.data', 'mcp__shell__exec', { args: ['rm', '-rf', DATA] }],
  ['deny', 'protect.data', 'mcp__shell__exec', { command: 'rm', arguments: ['-rf', DATA] }],
  ['deny', 'protect.data', 'mcp__shell__exec', { program: 'rm', args: ['-rf', DATA] }],
  ['deny', 'protect.data', 'mcp__py__run', { source: `import shutil; shutil.rmtree("${DATA}")` }],
  ['deny', 'protect.data', 'PowerShell', { command: `Remove-Item -Recurse ${DATA}` }],
  ['allow', '', 'mcp__shell__exec', { cmdline: 'ls -la' }],
  ['allow', '', 'mcp__github__create_issue', { title: REMOVE, body: REMOVE }],
  ['allow', '', 'mcp__notes__add', { text: REMOVE }],
  // Paths
  ['deny', 'protect.data', 'mcp__fs__write', { target_path: DATA }],
  ['deny', 'protect.data', 'mcp__fs__write', { dest: DATA }],
  ['deny', 'protect.data', 'mcp__fs__write', { whatever: DATA }],
  ['deny', 'protect.data', 'mcp__fs__delete', { file_name: 'backend/data/users.json' }],
  ['deny', 'protect.data', 'mcp__fs__write', { root: '/srv/app/backend/data', name: 'users.json' }],
  ['deny', 'protect.data', 'mcp__fs__write', { input: JSON.stringify({ path: DATA }) }],
  ['deny', 'protect.data', 'mcp__fs__copy', { src: '/dev/null', dst: DATA }],
  [
    'deny',
    'protect.data',
    'apply_patch',
    { input: `*** Begin Patch\n*** Update File: ${DATA}\n*** End Patch` },
  ],
  [
    'deny',
    'protect.data',
    'apply_patch',
    { patch: '*** Begin Patch\n*** Delete File: backend/data/a\n*** End Patch' },
  ],
  ['deny', 'protect.secret', 'WebFetch', { url: 'file:///srv/app/.env', prompt: 'x' }],
  ['deny', 'protect.secret', 'mcp__fetch__fetch', { url: 'file:///srv/app/.env' }],
  ['deny', 'protect.secret', 'Read', { file_path: ' .env' }],
  ['deny', 'protect.secret', 'Read', { file_path: '.env\n' }],
  ['deny', 'protect.data', 'Write', { file_path: `~/../..${DATA}` }],
  ['deny', 'protect.data', 'Write', { file_path: `/proc/self/root${DATA}` }],
  ['allow', '', 'mcp__fs__read_file', { path: DATA }],
  ['allow', '', 'mcp__fs__copy', { src: DATA, dst: '/tmp/x' }],
  ['allow', '', 'Read', { file_path: DATA }],
  ['allow', '', 'WebFetch', { url: 'https://example.org/', prompt: 'rm' }],
  ['allow', '', 'mcp__fs__write_file', { path: '/srv/app/docs/x.md', content: `see ${DATA}` }],
  ['allow', '', 'apply_patch', { input: `*** Begin Patch\n*** Update File: a.md\n+${DATA}\n*** End Patch` }],
  // Searches: what the pattern of names aims at is read; one that lists names reads nothing.
  ['deny', 'protect.secret', 'Grep', { pattern: 'KEY', path: '.env' }],
  ['deny', 'protect.secret', 'Grep', { pattern: 'KEY', glob: '.env' }],
  ['deny', 'protect.secret', 'Grep', { pattern: 'KEY', glob: '{.env,x}' }],
  ['deny', 'protect.secret', 'Grep', { pattern: 'KEY', glob: '.{env,foo}', path: '/srv' }],
  ['deny', 'protect.secret', 'Grep', { pattern: 'KEY', glob: '**/{src/*.ts,{a,.env}}' }],
  ['deny', 'protect.secret', 'Grep', { pattern: 'KEY', glob: '*.ts .env' }],
  ['deny', 'protect.secret', 'Grep', { pattern: 'KEY', glob: '*.ts,.env' }],
  ['deny', 'protect.secret', 'mcp__fs__search_content', { query: 'KEY', path: '.', include: ['{.env,x}'] }],
  ['allow', '', 'Grep', { pattern: 'KEY', glob: '*.{ts,js}' }],
  ['allow', '', 'Grep', { pattern: '{.env,x}', glob: '{src,test}/**' }],
  ['allow', '', 'Grep', { pattern: 'KEY', glob: '!{.env,x}' }],
  ['allow', '', 'Grep', { pattern: 'KEY', glob: '{.env.example,README.md}' }],
  ['allow', '', 'Grep', { pattern: 'KEY', path: 'backend/data' }],
  ['allow', '', 'mcp__fs__search_files', { path: '.', pattern: '.env' }],
  // Statements
  ['deny', 'db.destroy', 'mcp__postgres__query', { query: '/* x */ drop table users' }],
  ['deny', 'db.destroy', 'mcp__postgres__query', { q: 'drop table users' }],
  ['deny', 'db.destroy', 'mcp__postgres__execute_sql', { sql_query: 'drop table users' }],
  ['deny', 'db.destroy', 'mcp__postgres__execute', { statement: '; drop table users' }],
  ['deny', 'db.destroy', 'mcp__redis__command', { command: 'FLUSHALL' }],
  ['deny', 'db.destroy', 'mcp__redis__flushall', {}],
  ['allow', '', 'mcp__postgres__query', { query: '/* drop table users */ select 1' }],
  ['allow', '', 'mcp__web__search', { query: 'how to drop table users' }],
  ['allow', '', 'mcp__redis__get', { key: 'a' }],
  // A tool that stands for a program of the same name
  ['deny', 'service.stop', 'mcp__docker__stop_container', { container_id: 'backend' }],
  ['deny', 'service.stop', 'mcp__systemd__stop', { unit: 'backend.service' }],
  ['deny', 'service.stop', 'mcp__systemd__stop_unit', { name: 'backend' }],
  ['deny', 'service.restart', 'mcp__systemctl__restart_service', { service: 'backend' }],
  ['ask', 'infra.delete', 'mcp__kubernetes__kubectl_delete', { resourceType: 'deployment', name: 'x' }],
  ['deny', 'self.approve', 'mcp__sekisho__change_approve', { id: 'CHG-2026-0001' }],
  ['ask', 'git.force-push', 'mcp__git__push', { force: true, branch: 'topic' }],
  ['allow', '', 'mcp__docker__list_containers', { all: true }],
  ['allow', '', 'mcp__systemd__status', { unit: 'backend.service' }],
  ['allow', '', 'mcp__git__status', { repo_path: '/srv/app' }],
  ['allow', '', 'mcp__sekisho__change_show', { id: 'CHG-2026-0001' }],
  // Requests
  ['ask', 'http.mutate', 'mcp__http__delete', { url: 'http://localhost:3000/api/users/1' }],
  ['ask', 'http.mutate', 'mcp__http__request', { uri: 'http://localhost:3000/api/users/1', verb: 'DELETE' }],
  ['allow', '', 'mcp__http__get', { url: 'http://localhost:3000/api/users/1' }],
]

for (const [verdict, rule, tool, input] of ROWS)
  test(`part of S01: ${verdict} ${rule}: ${tool} ${JSON.stringify(input).slice(0, 90)}`, () => {
    const request = requestOfTool(tool, input, CWD)
    if (request === undefined) throw new Error('not asked')
    const found = decide(request, COMPILED)
    expect([found.verdict, found.reasons.map((one) => one.rule)]).toEqual([
      verdict,
      rule === '' ? [] : expect.arrayContaining([rule]),
    ])
  })
