// A host is cut off within seconds with the path of the administrator open: seen from a second network namespace, on real nftables, sshd and systemd.
import { type ChildProcess, spawn } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import type { IsolationAnswers, IsolationFacts } from '../../src/seal/isolation-protocol.ts'
import { describeWith } from '../host/describe.ts'
import { type Host, inControlNetwork, MIRAI_UNIT } from '../host/host.ts'
import { until } from '../until.ts'
import { ready } from '../world/world.ts'
import {
  ADMINISTRATOR,
  INCIDENT,
  INSTALLED,
  type Isolated,
  isolationWorld,
  mainPid,
} from './isolation-world.ts'

const STATE = '/var/lib/sekisho/runner'
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const HOST6 = 'fd00:88::10'
const BEHIND = '10.77.0.2'

/** An echo for TCP and UDP on every address, and one in a namespace that only this host routes to. */
const SETUP = `
ip -6 address add ${HOST6}/64 dev eth0 nodad
cat >/tmp/echo.py <<'END'
import socket, threading
def tcp(family, address):
    server = socket.socket(family)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6: server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    server.bind((address, 7007)); server.listen()
    def serve(one):
        while data := one.recv(100): one.sendall(data)
    while True: threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
def udp():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); server.bind(('0.0.0.0', 7007))
    while True:
        data, peer = server.recvfrom(100); server.sendto(data, peer)
threading.Thread(target=udp, daemon=True).start()
threading.Thread(target=tcp, args=(socket.AF_INET6, '::'), daemon=True).start()
tcp(socket.AF_INET, '0.0.0.0')
END
ip netns add behind
ip link add out type veth peer name in netns behind
ip address add 10.77.0.1/24 dev out
ip link set out up
ip -n behind address add ${BEHIND}/24 dev in
ip -n behind link set in up
ip -n behind link set lo up
ip -n behind route add default via 10.77.0.1
echo 1 >/proc/sys/net/ipv4/ip_forward
systemd-run --quiet --unit=echo python3 /tmp/echo.py
systemd-run --quiet --unit=echo-behind ip netns exec behind python3 /tmp/echo.py
`

describeWith('host', 'an isolated host', () => {
  let i: Isolated
  let host: Host
  beforeAll(async () => {
    i = await isolationWorld()
    host = i.host
    await host.ok(['bash', '-ec', SETUP])
    for (const argv of [
      ['ip', '-6', 'address', 'add', 'fd00:88::1/64', 'dev', 'bridge', 'nodad'],
      ['ip', 'route', 'replace', '10.77.0.0/24', 'via', host.address],
    ])
      await inControlNetwork(argv)
  })
  afterAll(async () => {
    await inControlNetwork(['ip', 'route', 'del', '10.77.0.0/24'])
    await inControlNetwork(['ip', '-6', 'address', 'del', 'fd00:88::1/64', 'dev', 'bridge'])
    await (i as Isolated | undefined)?.end()
  })

  const isListed = async () =>
    (await host.exec(['nft', 'list', 'table', 'inet', 'sekisho_isolation'])).code === 0
  const facts = async (): Promise<IsolationFacts> =>
    JSON.parse((await host.ok([INSTALLED, 'incident', 'isolation', '--json'])).trim()) as IsolationFacts

  /** What comes back of a word that is sent; both ways must pass. */
  const TRY = `
import socket, sys
kind, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
family = socket.AF_INET6 if ':' in address else socket.AF_INET
one = socket.socket(family, socket.SOCK_DGRAM if kind == 'udp' else socket.SOCK_STREAM)
one.settimeout(1)
one.connect((address, port)); one.send(b'word')
sys.exit(0 if one.recv(100) == b'word' else 1)
`
  const answers = async (kind: 'tcp' | 'udp', address: string) =>
    (await inControlNetwork(['python3', '-c', TRY, kind, address, '7007'])).code === 0
  const passing = async () => ({
    tcp: await answers('tcp', host.address),
    udp: await answers('udp', host.address),
    ipv6: await answers('tcp', HOST6),
    forwarded: await answers('tcp', BEHIND),
    outbound:
      (await host.exec(['python3', '-c', TRY, 'tcp', ADMINISTRATOR, '7007'], { timeoutMs: 10_000 })).code ===
      0,
  })

  test('S44 the volatile state is sealed within 2 s, nothing passes 5 s after the command but the administrator’s SSH, processes live, and a new login keeps it', async () => {
    // In the administrator's namespace: an echo for what goes out, and a connection that stands before.
    const children: ChildProcess[] = []
    const beside = (argv: readonly string[]) => {
      const [program = '', ...rest] = argv
      const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'ignore'] })
      children.push(child)
      return child
    }
    const control = (argv: readonly string[]) => ['ip', 'netns', 'exec', i.control, ...argv]
    try {
      beside(control(['python3', '-c', await host.ok(['cat', '/tmp/echo.py'])]))
      await until('all of them to pass', 60_000, async () =>
        Object.values(await passing()).every(Boolean) ? true : undefined,
      )
      const standing = beside(
        control([
          'bash',
          '-c',
          `exec 3<>/dev/tcp/${host.address}/7007; while read -r word; do echo "$word" >&3; read -r -t 5 back <&3 && echo "got $back" || echo none; done`,
        ]),
      )
      const said = lines(standing)
      const present = beside(i.sshArgv(['cat']))
      const heard = lines(present)
      const through = async (child: ChildProcess, from: () => Promise<string>, word: string) => {
        child.stdin?.write(`${word}\n`)
        return from()
      }
      expect(await through(present, heard, 'before')).toBe('before')
      expect(await through(standing, said, 'one')).toBe('got one')
      const pids = await Promise.all([mainPid(host, MIRAI_UNIT), mainPid(host, 'echo.service')])

      const typed = Date.now()
      const isolating = host.exec(
        [INSTALLED, 'incident', 'isolate', INCIDENT, '--from', ADMINISTRATOR, '--yes', '--lang', 'en'],
        { env: { HOME: '/root', SUDO_USER: 'ops1' }, timeoutMs: 120_000 },
      )
      await until('the table', 60_000, async () => ((await isListed()) ? true : undefined))
      expect(await passing()).toEqual({
        tcp: false,
        udp: false,
        ipv6: false,
        forwarded: false,
        outbound: false,
      })
      expect(await through(standing, said, 'two')).toBe('none')
      expect(await through(present, heard, 'after')).toBe('after')
      const login = await i.ssh(['id', '-un'])
      expect(login.stdout.trim(), login.stderr).toBe('ops1')
      const done = await isolating
      expect(done.code, done.stdout + done.stderr).toBe(0)
      expect(done.stderr).toContain(`SSH from ${ADMINISTRATOR} (port 22)`)
      expect(done.stdout).toContain('The isolation is kept')
      expect(await Promise.all([mainPid(host, MIRAI_UNIT), mainPid(host, 'echo.service')])).toEqual(pids)
      const seen = await facts()
      expect(seen).toMatchObject({ state: 'kept', table: 'present', incident: INCIDENT })
      // What the product promises: from the command to the cut, and for the snapshot before it.
      expect(Date.parse(seen.since ?? '') - typed).toBeLessThanOrEqual(5000)
      const line = await host.ok([
        'sh',
        '-c',
        `grep -rh '"event":"sealed"' ${STATE}/journal | grep '"set":"volatile"'`,
      ])
      const { at, body } = JSON.parse(line) as {
        at: string
        body: { milliseconds: number; items: { name: string }[] }
      }
      expect(body.milliseconds).toBeLessThanOrEqual(2000)
      expect(body.items.map(({ name }) => name)).toEqual(expect.arrayContaining(['processes', 'sockets']))
      expect(at <= (seen.since ?? '')).toBe(true)
    } finally {
      for (const child of children) child.kill('SIGKILL')
    }
  })

  test('S45: access and login logs of the window are collected, rotated and packed ones too, and their sources untouched', async () => {
    const line = (hours: number, request: string) => {
      const at = new Date(Date.now() - hours * 3_600_000).toISOString()
      const stamp = `${at.slice(8, 10)}/${MONTHS[Number(at.slice(5, 7)) - 1]}/${at.slice(0, 4)}:${at.slice(11, 19)} +0000`
      return `203.0.113.9 - - [${stamp}] "${request} HTTP/1.1" 200 5 "-" "x"\n`
    }
    const log = '/var/log/nginx/access.log'
    await host.put(log, line(1, 'POST /api/articles?secret=1') + line(30, 'POST /old') + line(1, 'GET /'))
    await host.put(`${log}.1`, line(2, 'POST /api/articles'))
    await host.put(`${log}.2`, line(3, 'DELETE /api/7') + line(3, 'POST /api/articles'))
    await host.put(`${log}.3`, line(60, 'POST /older'))
    await host.put(
      '/var/log/auth.log',
      `${new Date(Date.now() - 60_000).toISOString()} h sshd[9]: Failed password for root from 203.0.113.9 port 5 ssh2\n`,
    )
    await host.ok(['bash', '-c', `gzip -f ${log}.2 ${log}.3 && touch -d '3 days ago' ${log}.3.gz`])
    const bytes = (await host.read(log)).length
    // Whoever only looks would be seen by the time of the last access, where it is older than that of the last write.
    const looked = `touch -a -d '2 days ago' ${log} ${log}.1 ${log}.2.gz /var/log/auth.log`
    await host.ok(['bash', '-c', looked])
    // nginx goes on writing its log: of that one the inode and the bytes that were there.
    const state = async () =>
      (await host.ok(['stat', '-c', '%n %s %x %y %z', `${log}.1`, `${log}.2.gz`, '/var/log/auth.log'])) +
      (await host.ok(['stat', '-c', '%n %i', log])) +
      (await host.ok(['sh', '-c', `head -c ${bytes} ${log} | sha256sum`]))
    const before = await state()
    const done = await host.exec([INSTALLED, 'incident', 'capture', INCIDENT, '--since', '24h', '--json'], {
      env: { HOME: '/root', SUDO_USER: 'ops1' },
      timeoutMs: 120_000,
    })
    expect(done.code, done.stdout + done.stderr).toBe(0)
    const taken = JSON.parse(done.stdout.trim()) as IsolationAnswers['capture']
    expect(await state()).toBe(before)
    const names = taken.items.map(({ name }) => name)
    for (const path of [log, `${log}.1`, `${log}.2.gz`]) expect(names).toContain(`access${path}`)
    // Its time of writing was set back; that it was changed now cannot be hidden. None of its lines is of the window.
    expect(names).toContain(`access${log}.3.gz`)
    for (const name of [
      'auth/var/log/auth.log',
      'auth/journal',
      'access/summary',
      'auth/summary',
      'capture/journal',
      'capture/descriptors',
    ])
      expect(names).toContain(name)
    expect(taken.access.groups.map(({ key, count }) => [...key, count])).toEqual([
      ['203.0.113.9', 'POST', '/api/articles', '200', 3],
      ['203.0.113.9', 'DELETE', '/api/7', '200', 1],
    ])
    expect(taken.auth.groups.map(({ key, count }) => [...key, count])).toEqual([
      ['failed', 'root', '203.0.113.9', 'password', 1],
    ])
    const item = taken.items.find(({ name }) => name === `access${log}.2.gz`)?.item
    expect(await host.read(`${STATE}/evidence/${INCIDENT}/${item}`)).toEqual(await host.read(`${log}.2.gz`))
  })

  test('part of S44: a flush of all rules, the death of holder and runner, and a reboot leave it isolated', async () => {
    await host.ok(['nft', 'flush', 'ruleset'])
    await until('the table to be put back', 30_000, async () => ((await isListed()) ? true : undefined))
    await host.ok(['systemctl', 'kill', '--signal=SIGKILL', 'sekisho-isolation', 'sekisho-runner'])
    expect(await isListed()).toBe(true)
    await host.ok(['nft', 'add', 'rule', 'inet', 'sekisho_isolation', 'input', 'accept'])
    await until('the rule that somebody added to be gone', 30_000, async () =>
      (await host.ok(['nft', 'list', 'chain', 'inet', 'sekisho_isolation', 'input'])).includes('\t\taccept\n')
        ? undefined
        : true,
    )
    await host.reboot()
    expect(await isListed()).toBe(true)
    expect(await i.reaches(443)).toBe(false)
    await until('the holder', 60_000, async () =>
      (await host.exec(['systemctl', 'is-active', 'sekisho-isolation.service'])).code === 0
        ? true
        : undefined,
    )
    const kept = await until('the runner', 60_000, async () => facts().catch(() => undefined))
    expect(kept).toMatchObject({ state: 'kept', table: 'present' })
  })

  test('part of S48: only an approved change ends it, and status says until then that the host is cut off', async () => {
    await ready(host)
    const status = await i.w.json<{ red: { code: string; values: object }[] }>('ops1', ['status'])
    expect(status.red.find(({ code }) => code === 'doctor.isolated')?.values).toMatchObject({
      incident: INCIDENT,
      address: ADMINISTRATOR,
    })
    const made = await i.w.json<ChangeView>('ops1', ['incident', 'reconnect', INCIDENT])
    expect(made.state, JSON.stringify(made)).toBe('awaiting_approval')
    expect(await isListed()).toBe(true)
    const done = await i.w.json<ChangeView>('ops1', ['change', 'approve', made.id, '--yes'])
    expect(done.execution?.outcome, JSON.stringify(done)).toBe('kept')
    expect(await isListed()).toBe(false)
    expect(await i.reaches(443)).toBe(true)
    await until('the record to be gone', 30_000, async () => {
      const { state, last } = await facts()
      return state === 'none' && last?.event === 'ended' ? true : undefined
    })
    const entries = await until('the lines on the record', 60_000, async () => {
      const { stdout } = await i.w.sekisho('ops1', ['ledger', 'export'])
      const found = stdout.split('\n').filter((line) => line.includes('"incident.isolation"'))
      return found.some((line) => line.includes('"ended"')) ? found : undefined
    })
    for (const event of ['asked', 'applied', 'kept', 'restored', 'ended'])
      expect(entries.filter((line) => line.includes(`"event":"${event}"`)).length, event).toBeGreaterThan(0)
    expect(entries.filter((line) => line.includes('"event":"kept"'))).toHaveLength(1)
    await until('the holder to end', 30_000, async () =>
      (await host.exec(['systemctl', 'is-active', 'sekisho-isolation.service'])).code === 0
        ? undefined
        : true,
    )
  })
})

/** Answers the next line of a program; waits for it. */
function lines({ stdout }: ChildProcess): () => Promise<string> {
  const found: string[] = []
  let rest = ''
  stdout?.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n')
    rest = parts.pop() ?? ''
    found.push(...parts)
  })
  return () => until('a line', 30_000, async () => found.shift())
}
