// The line between a client and the gate breaks in the middle of a commit of 40 MB. The same command, typed again, sends what is missing and no more, and the commit is
// deployed byte for byte.
import { spawn } from 'node:child_process'
import { beforeAll, expect, test } from 'vitest'
import { describeWith } from '../host/describe.ts'
import { CHECKOUT_IN_HOST, NODE_IN_HOST } from '../host/host.ts'
import { until } from '../until.ts'
import { type CodeStory, codeStory, redChecks } from './code-story.ts'
import { commitGreeting, ROOT, WORK } from './notes.ts'
import { proposal } from './proposal.ts'

const SIZE = 40_000_000
/** As the client sends it, in base64: the line breaks after some pieces. */
const CUT = 18_000_000
const BUNDLES = '/var/lib/sekisho/runner/bundles'
const LIMIT = { timeout: 600_000 }

describeWith('host', 'a transfer that breaks', () => {
  let story: CodeStory

  beforeAll(async () => {
    story = await codeStory({ deploy: 'releases' })
  })

  /** A line of its own to the gate, as the agent's program. */
  async function line() {
    const argv = [NODE_IN_HOST, `${CHECKOUT_IN_HOST}/tests/accept/cut-proxy.ts`, '7440', String(CUT)]
    const [program = '', ...args] = story.here.host.argv(argv)
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    const ended = new Promise((resolve) => child.on('close', resolve))
    const read = <T>(number: number) =>
      until('the proxy to say something', 60_000, async () => {
        const said = text.split('\n').slice(0, -1)[number]
        return said === undefined ? undefined : (JSON.parse(said) as T)
      })
    const { port } = await read<{ readonly port: number }>(0)
    return {
      url: `http://127.0.0.1:${port}`,
      goOn: () => child.stdin.write('go on\n'),
      end: async () => {
        child.stdin.end()
        await ended
        return read<{ readonly before: number; readonly after: number; readonly cut: number }>(1)
      },
    }
  }

  test('a transfer of a commit that broke over HTTP goes on where it stopped', LIMIT, async () => {
    const { host } = story.here
    const large = `${WORK}/large.bin`
    await host.ok(['sh', '-c', `head -c ${SIZE} /dev/urandom > ${large}`])
    await story.commit('true')
    await commitGreeting(host, 'Welcome')
    const through = await line()
    const typed = () =>
      story.here.sekisho(
        'claude',
        [...proposal({ service: 'notes', work: WORK, instruction: 'Say welcome' }), '--json'],
        { timeoutMs: 500_000, env: { SEKISHO_URL: through.url } },
      )
    let sent: Awaited<ReturnType<typeof through.end>> | undefined
    let had = 0
    try {
      const first = await typed()
      expect(first.code, first.stdout + first.stderr).not.toBe(0)
      const left = await host.ok(['sh', '-c', `stat -c %s ${BUNDLES}/*`])
      had = Math.max(...left.trim().split('\n').map(Number))
      expect(had).toBeGreaterThan(4_000_000)
      expect(had).toBeLessThan(SIZE)
      through.goOn()
      const second = await typed()
      expect(second.code, second.stdout + second.stderr).toBe(3)
      const view = JSON.parse(second.stdout.trim().split('\n').at(-1) ?? '')
      expect(redChecks(view)).toEqual([])
      await story.approve(view.id)
    } finally {
      sent = await through.end()
    }
    // Some bytes were sent and came to nobody: what the runner has is less than what left the client.
    expect(sent.cut).toBeGreaterThan(0)
    expect(sent.before).toBeGreaterThan(had)
    // The first piece asks how much is there, and a piece is sent whole: at most two pieces of 4 MB more than is missing, in base64, with the rest of what is asked.
    const missing = SIZE - had
    expect(sent.after).toBeGreaterThan(missing)
    expect(sent.after).toBeLessThan(((missing + 8_000_000) * 4) / 3 + 2_000_000)
    expect(sent.after).toBeLessThan((SIZE * 4) / 3)
    expect(await host.ok(['sh', '-c', `ls -A ${BUNDLES}`])).toBe('')
    const sum = async (path: string) => (await host.ok(['sha256sum', path])).split(' ')[0]
    expect(await sum(`${ROOT}/current/large.bin`)).toBe(await sum(large))
  })
})
