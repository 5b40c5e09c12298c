// While a candidate is tested and rehearsed, production is asked by our own readers and by nobody else: counted by its access log, by the kernel for each
// account, and by a sampler of established sockets. The same code reaches production where it runs beside a room.
import { beforeAll, expect, test } from 'vitest'
import { describeWith } from '../host/describe.ts'
import { type CodeStory, codeStory, redChecks } from './code-story.ts'
import { greetingTest, ROOT, says, WORK } from './notes.ts'

const SERVER = `import { createServer } from 'node:http'
import { greeting } from './greeting.js'

createServer((request, response) => {
  console.log('access', request.url, request.headers['user-agent'] ?? 'nobody')
  if (request.url === '/health') response.end(JSON.stringify({ status: 'ok' }))
  else response.end(greeting('notes'))
})
  .on('connection', () => console.log('connection'))
  .listen(9100, '0.0.0.0')
`
/** As soon as it is loaded, by the suite and by the service, it asks for a page of production at each address of the host. */
const reaching = (address: string) => `import { get } from 'node:http'

export const outcomes = ['127.0.0.1', '${address}'].map(
  (host) =>
    new Promise((resolve) => {
      get({ host, port: 9100, path: '/from-the-candidate', timeout: 3000 }, (answer) => resolve(answer.statusCode))
        .on('timeout', function () { this.destroy() })
        .on('error', () => resolve(0))
    }),
)
if (process.argv[1].endsWith('greeting.js')) console.log(JSON.stringify(await Promise.all(outcomes)))
export function greeting(name) {
  return \`Welcome \${name}\`
}
`
/** The accounts of the runner, of the gate and of the process that looks by schedule, and what their programs are called. */
const OURS: readonly string[] = ['root', 'sekisho', 'sekisho-watch']
const PROGRAMS: readonly string[] = ['"node"', '"MainThread"']
const SAMPLER = 'sampler.service'
const SAMPLES = '/run/samples'

describeWith('host', 'production while a candidate is rehearsed', () => {
  let story: CodeStory
  const journal = async (since: string) =>
    (await story.here.host.ok(['journalctl', '-u', 'notes', '-o', 'cat', '--since', since])).split('\n')
  /** Attempts to connect to production since the host is up, by the name of the account that made them. */
  const counted = async () => {
    const { host } = story.here
    const said = await host.ok(['nft', '-n', 'list', 'set', 'inet', 'seen', 'accounts'])
    const by = new Map<string, number>()
    for (const [, uid = '', packets] of said.matchAll(/(\d+) counter packets (\d+)/g))
      by.set((await host.exec(['id', '-un', uid])).stdout.trim() || uid, Number(packets))
    return by
  }
  const sum = (by: ReadonlyMap<string, number>) => [...by.values()].reduce((all, one) => all + one, 0)

  beforeAll(async () => {
    story = await codeStory({ deploy: 'releases', files: { 'server.js': SERVER } })
    const { host } = story.here
    await host.put(
      '/root/seen.nft',
      `add table inet seen
add set inet seen accounts { typeof meta skuid; flags dynamic; counter; }
add chain inet seen out { type filter hook output priority 0; }
add rule inet seen out tcp dport 9100 tcp flags & (syn | ack) == syn update @accounts { meta skuid }
`,
    )
    await host.ok(['nft', '-f', '/root/seen.nft'])
    await host.ok([
      'systemd-run',
      '-q',
      `--unit=${SAMPLER}`,
      'bash',
      '-c',
      `while :; do ss -Htnp state established '( dport = :9100 )' >>${SAMPLES}; sleep 0.02; done`,
    ])
  })

  test('receives no connection from a room: what it received is ours, counted three ways', async () => {
    const { host } = story.here
    const address = story.here.host.address
    await host.put(`${WORK}/greeting.js`, reaching(address))
    await host.put(`${WORK}/test/greeting.test.js`, greetingTest('Welcome'))
    await story.commit('true')
    // Beside a room the same code reaches production by both addresses.
    const [control, now] = [await counted(), (await host.ok(['date', '+%Y-%m-%d %H:%M:%S'])).trim()]
    const beside = await host.ok(['node', `${WORK}/greeting.js`], { user: 'claude' })
    expect(JSON.parse(beside)).toEqual([200, 200])
    expect(sum(await counted()) - sum(control)).toBe(2)
    expect((await counted()).get('claude')).toBe(2)
    expect((await journal(now)).filter((line) => line.includes('from-the-candidate')).length).toBe(2)
    // Nobody else asks from here on: what follows is the proposal alone.
    await host.ok(['sh', '-c', `sleep 1; : >${SAMPLES}`])
    const [before, since] = [await counted(), (await host.ok(['date', '+%Y-%m-%d %H:%M:%S'])).trim()]
    const view = await story.propose()
    const [after, lines] = [await counted(), await journal(since)]
    expect(redChecks(view)).toEqual([])
    const card = await story.must('ops1', ['change', 'show', view.id])
    expect(card).toMatch(/was healthy 3 times/)
    const access = lines.filter((line) => line.startsWith('access '))
    // Our own readers ask for its health, and say who they are.
    expect([...new Set(access)]).toEqual(['access /health sekisho'])
    const all = sum(after) - sum(before)
    expect(all).toBeGreaterThan(0)
    expect(lines.filter((line) => line === 'connection').length).toBe(all)
    const askers = [...after].flatMap(([name, count]) => (count > (before.get(name) ?? 0) ? [name] : []))
    expect(askers.filter((name) => !OURS.includes(name))).toEqual([])
    const samples = (await host.ok(['cat', SAMPLES])).split('\n').filter(Boolean)
    const named = new Set(samples.flatMap((line) => /users:\(\(("[^"]*")/.exec(line)?.[1] ?? []))
    expect([...named].filter((name) => !PROGRAMS.includes(name))).toEqual([])
    // The room has asked its own clone many times meanwhile.
    expect(await host.ok(['ls', `${ROOT}/releases`])).toContain('first')
    expect(await says(host)).toBe('Hello notes')
  })
})
