import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { editPolicy } from '../policy/edit.ts'
import { readPolicy } from '../policy/read.ts'
import { draftPolicy, type InitInput, initPolicy } from './init.ts'
import { type HostFindings, type ScanView, scanHost } from './inventory-scan.ts'
import { readSite } from './nginx-sites.ts'
import { readUnitFile } from './unit-file.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const key =
  readFileSync(`${root}tests/policy/good/01-smallest.yaml`, 'utf8').match(/ssh-ed25519 [^"]+/)?.[0] ?? ''
const input: InitInput = {
  language: 'en',
  zone: 'Asia/Tokyo',
  hostName: 'web1.example.jp',
  owner: { user: 'Ops.One', name: "O'Ops", keys: [] },
}

/** A host of texts. `links` lead elsewhere; `ports` are who listens; `answers` are statuses by address. */
function host(
  files: Readonly<Record<string, string>>,
  more: {
    readonly links?: Readonly<Record<string, string>>
    readonly ports?: Readonly<Record<number, string>>
    readonly answers?: Readonly<Record<string, number>>
  } = {},
): ScanView {
  const { links = {}, ports = {}, answers = {} } = more
  const all: Record<string, string> = { '/run/systemd/system/x': '', ...files }
  for (const [port, unit] of Object.entries(ports)) all[`/proc/${port}/cgroup`] = `0::/system.slice/${unit}\n`
  const names = [...Object.keys(all), ...Object.keys(links)]
  return {
    list: async (directory) =>
      [
        ...new Set(
          names
            .filter((name) => name.startsWith(`${directory}/`))
            .map((name) => name.slice(directory.length + 1)),
        ),
      ]
        .filter((name) => !name.includes('/'))
        .sort(),
    read: async (path) => all[links[path] ?? path],
    path: async (path) => {
      const real = links[path] ?? path
      const text = all[real]
      if (text !== undefined) return { kind: 'file', size: text.length, names: 1, real }
      return names.some((name) => name.startsWith(`${real}/`))
        ? { kind: 'directory', real }
        : { kind: 'absent', directory: true, real }
    },
    run: async (argv) =>
      argv[0] === 'ss'
        ? Object.keys(ports)
            .map((port) => `LISTEN 0 511 127.0.0.1:${port} 0.0.0.0:* users:(("node",pid=${port},fd=18))`)
            .join('\n')
        : undefined,
    answer: async (url) => answers[url],
  }
}

const unit = readFileSync(`${root}examples/mirai/deploy/mirai-knowledge-system.service`, 'utf8')
const site = readFileSync(`${root}examples/mirai/deploy/nginx/mirai`, 'utf8')
const mirai = host(
  {
    '/etc/systemd/system/mirai-knowledge-system.service': unit,
    '/etc/nginx/sites-available/mirai': site,
    '/etc/nginx/nginx.conf': 'events {}',
    '/var/log/nginx/error.log': '',
    '/srv/mirai/.env': 'PORT=8080',
    '/var/lib/mirai/data/articles.json': '[]',
    '/var/log/mirai/app.log': '',
    '/srv/mirai/.git/HEAD': 'x',
    '/usr/lib/systemd/system/ssh.service': '[Service]',
  },
  {
    links: {
      '/etc/nginx/sites-enabled/mirai': '/etc/nginx/sites-available/mirai',
      '/etc/systemd/system/sshd.service': '/usr/lib/systemd/system/ssh.service',
    },
    ports: { 8080: 'mirai-knowledge-system.service' },
    answers: { 'http://127.0.0.1:8080/health': 200 },
  },
)

/** The file as its owner makes it: the key line and nothing else. */
function withKey(text: string): string {
  return text.replace(/^( +)# keys: \[.*$/m, `$1keys: ["${key}"]`)
}

describe('init', () => {
  test.each(['ja', 'en'] as const)(
    '%s: the reference service is found whole, and its file passes with the key line alone',
    async (language) => {
      const draft = draftPolicy(await scanHost(mirai), { ...input, language })
      expect(draft.problems.map(({ code }) => code)).toEqual(['approve.nobody'])
      const read = readPolicy(withKey(draft.text))
      if (!read.ok) throw new Error(JSON.stringify(read.problems))
      const { services, people } = read.compiled.runner
      expect(people.map(({ id, name, roles }) => [id, name, ...roles])).toEqual([
        ['ops.one', "O'Ops", 'owner'],
      ])
      expect(services.map(({ name }) => name)).toEqual(['mirai-knowledge-system', 'nginx'])
      expect(services[0]?.files.map(({ path, kind }) => `${kind} ${path}`)).toEqual([
        'nginx /etc/nginx/sites-available/mirai',
        'systemd /etc/systemd/system/mirai-knowledge-system.service',
        'systemd /etc/systemd/system/mirai-knowledge-system.service.d/*.conf',
        'dotenv /srv/mirai/.env',
      ])
      expect(services[0]?.health?.url).toBe('http://127.0.0.1:8080/health')
      expect(draft.text).toContain('/srv/mirai')
      expect(draft.text).toContain('mirai.example.jp')
      expect(draft.text).not.toContain('sshd')
    },
  )

  test.each(['ja', 'en'] as const)(
    '%s: data and a backup are proposed as comments that pass as they stand, and the signature that is missing is said',
    async (language) => {
      const { text } = draftPolicy(await scanHost(mirai), { ...input, language })
      expect(text).toContain('sekisho standing sign mirai-knowledge-system backup')
      expect(text).not.toContain('/var/log/mirai,')
      const read = readPolicy(withKey(text).replaceAll(/^( +)# (data:| {2}- \{ dir|backup: )/gm, '$1$2'))
      if (!read.ok) throw new Error(JSON.stringify(read.problems))
      const [service] = read.compiled.runner.services
      expect(service?.data?.map(({ dir }) => dir)).toEqual(['/var/lib/mirai/data'])
      expect(service?.backup).toMatchObject({
        everyMs: 6 * 3_600_000,
        copies: [{ to: '/backup/mirai-knowledge-system' }],
      })
    },
  )

  test('a host with nothing on it gets a file that says so', async () => {
    const draft = draftPolicy(await scanHost(host({})), input)
    expect(draft.services).toEqual([])
    expect(draft.unclear).toHaveLength(1)
    expect(draft.text).toContain('services: {}')
    expect(readPolicy(withKey(draft.text)).ok).toBe(true)
  })

  test('a file that is there is not overwritten', async () => {
    const writes: string[] = []
    const files = {
      read: async () => 'lang: ja\n',
      write: async (path: string) => {
        writes.push(path)
      },
    }
    await expect(initPolicy('/etc/sekisho/sekisho.yaml', input, mirai, files)).rejects.toMatchObject({
      code: 'config.exists',
    })
    expect(writes).toEqual([])
  })

  test('a key of the home directory is proposed as a comment: enrolling is the owner’s act', async () => {
    const owner = { ...input.owner, keys: [{ path: '/home/o/.ssh/id.pub', line: key }] }
    const draft = draftPolicy(await scanHost(mirai), { ...input, owner })
    expect(draft.problems.map(({ code }) => code)).toContain('approve.nobody')
    const read = readPolicy(draft.text.replace('# keys:', 'keys:'))
    expect(read.ok).toBe(true)
  })

  test.each([[[]], [[{ path: '/home/o/.ssh/id.pub', line: key }]]])(
    'what is proposed as a comment still fits where it stands once the key is enrolled by command',
    async (keys) => {
      const draft = draftPolicy(await scanHost(mirai), { ...input, owner: { user: 'ops1', keys } })
      const edited = editPolicy(draft.text, { kind: 'addKey', person: 'ops1', key: { public: key } })
      expect(edited).toMatchObject({ ok: true, problems: [] })
      if (!edited.ok) return
      const uncommented = edited.text.replace(/^( *)# (agents:| {2}claude: )/gm, '$1$2')
      expect(uncommented).toMatch(/^agents:\n {2}claude: /m)
      expect(readPolicy(uncommented)).toMatchObject({ ok: true })
    },
  )

  test('what cannot be told is said, and two of one thing become one', async () => {
    const shared = '[Service]\nEnvironmentFile=/etc/shared.env\nExecStart=/bin/x --port 9000\n'
    const found = await scanHost(
      host({
        '/etc/systemd/system/a.service': shared,
        '/etc/systemd/system/B.service': shared,
        '/etc/systemd/system/b.service': shared,
        '/etc/systemd/system/w@.service': shared,
        '/etc/systemd/system/sekisho-gate.service': shared,
        '/etc/systemd/system/nginx.service': '[Service]\nExecStart=/usr/sbin/nginx\n',
        '/etc/shared.env': '',
        '/etc/nginx/nginx.conf': 'events {}',
        '/etc/nginx/conf.d/x.conf': 'server { location / { proxy_pass http://10.0.0.1:80; } }',
        '/etc/nginx/conf.d/y.conf': 'server { location / { proxy_pass http://127.0.0.1:9000; } }',
      }),
    )
    expect(found.services.map(({ name }) => name)).toEqual(['b', 'a', 'b-2', 'nginx'])
    expect(found.unclear.map(({ code }) => code).sort()).toEqual(
      [
        'name_odd',
        'name_odd',
        'template_unit',
        'elsewhere',
        'no_unit_of_site',
        'no_health',
        'no_health',
        'no_health',
        'no_health',
        'file_shared',
        'file_shared',
      ].sort(),
    )
    const read = readPolicy(withKey(draftPolicy(found, input).text))
    if (!read.ok) throw new Error(JSON.stringify(read.problems))
  })

  test('whatever was found, the file needs the key line alone', () => {
    const word = fc.string({ unit: 'binary', maxLength: 20 })
    const path = fc.constantFrom(
      '/etc/nginx/sites-available/a',
      '/srv/a b/.env',
      "/srv/it's/.env",
      '/srv/日本/.env',
      '/srv/#x/.env',
    )
    const service = fc.record({
      unit: fc.constantFrom('a.service', 'B_x.service', 'c@1.service', 'd:e.service'),
      description: word,
      unitInEtc: fc.boolean(),
      health: fc.constant('http://127.0.0.1:80/health'),
      files: fc.uniqueArray(
        fc.record({
          path,
          kind: fc.constantFrom('nginx' as const, 'dotenv' as const),
          about: fc.array(word, { maxLength: 2 }),
        }),
        { selector: (one) => one.path, maxLength: 3 },
      ),
      repository: word,
      certificates: fc.array(word, { maxLength: 2 }),
      data: fc.array(path, { maxLength: 2 }),
    })
    fc.assert(
      fc.property(service, word, word, word, (found, hostName, user, name) => {
        const findings: HostFindings = {
          services: [
            { ...found, name: 'a', unitPath: `/usr/local/lib/systemd/system/${found.unit}`, ports: [] },
          ],
          unclear: [{ code: 'no_health', values: { service: name } }],
        }
        const clean = name.replace(/[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, '')
        const draft = draftPolicy(findings, { ...input, hostName, owner: { user, name: clean, keys: [] } })
        const read = readPolicy(withKey(draft.text))
        if (!read.ok) throw new Error(`${JSON.stringify(read.problems)}\n${draft.text}`)
      }),
      { numRuns: 500 },
    )
  })
})

describe('reading', () => {
  test('a site file tells its names, certificates and ports, through an upstream too', () => {
    expect(readSite(site)).toMatchObject({
      serverNames: ['mirai.example.jp', 'localhost', 'admin.example.jp'],
      listens: ['443'],
      certificates: ['/etc/ssl/mirai/cert.pem'],
      ports: [8080],
      elsewhere: [],
    })
  })
  test('a quoted brace and a comment are no blocks', () => {
    const text =
      'server { # }\n server_name "a}b" c; location ~ "^/\\d{2}" { proxy_pass http://127.0.0.1:1; } }'
    expect(readSite(text)).toMatchObject({ serverNames: ['a}b', 'c'], ports: [1] })
  })
  test('a unit file: continued lines, forgotten values, the dash of what may be missing', () => {
    const text =
      '[Service]\nEnvironmentFile=/gone\nEnvironmentFile=\nEnvironmentFile=-/a.env\n# x\nExecStart=/bin/x \\\n  --port 9\nStandardError=append:/var/log/a.log\n'
    expect(readUnitFile(text)).toEqual({
      environmentFiles: ['/a.env'],
      logs: ['/var/log/a.log'],
      writes: [],
      command: '/bin/x  --port 9',
    })
  })
  test('any text is read without a fault', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        readSite(text)
        readUnitFile(text)
      }),
    )
    readSite('a{'.repeat(50_000))
  })
})
