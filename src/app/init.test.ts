import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decide } from '../guard/decide.ts'
import { compile } from '../guard/policy.ts'
import { readGuardPolicy } from '../guard/read-policy.ts'
import { editPolicy } from '../policy/edit.ts'
import { withHostFacts } from '../policy/host-facts.ts'
import { readPolicy } from '../policy/read.ts'
import { INIT_WORDS } from '../words/init.ts'
import { backupPlaces } from './backup-disk.ts'
import { hostOfTexts as host } from './fixtures/host-of-texts.ts'
import { guardFacts } from './guard-facts.ts'
import { draftPolicy, type InitInput, initPolicy } from './init.ts'
import { withService } from './init-add.ts'
import type { FoundHealth, HostFindings, ScanView } from './inventory-findings.ts'
import { scanHost } from './inventory-scan.ts'
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
      // The key is in force: nobody is told any more to put it there.
      expect(edited.text).not.toMatch(/# keys:|remove the # in front of the next line|Put your public key/)
      expect(edited.text).toContain('roles: [ owner ]')
      const uncommented = edited.text.replace(/^( *)# (agents:| {2}claude: |incidents:)/gm, '$1$2')
      expect(uncommented).toMatch(/^agents:\n {2}claude: /m)
      expect(uncommented).toMatch(/^incidents: \{ checks: \[service, api\], failed_changes: true \}$/m)
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
      health: fc.constantFrom<FoundHealth>(
        { url: 'http://127.0.0.1:80/health' },
        { url: 'https://x.jp/health', ca: "/etc/ssl/it's.pem" },
      ),
      moreLogs: fc.array(path, { maxLength: 2 }),
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
      data: fc.array(
        fc.record({
          dir: path,
          format: fc.constantFrom('json' as const, 'files' as const, 'sqlite' as const),
          broken: fc.array(path, { maxLength: 1 }),
          passwords: fc.array(path, { maxLength: 1 }),
          tracked: fc.nat(3),
        }),
        { maxLength: 2 },
      ),
    })
    fc.assert(
      fc.property(service, word, word, word, (found, hostName, user, name) => {
        const findings: HostFindings = {
          services: [
            { ...found, name: 'a', unitPath: `/usr/local/lib/systemd/system/${found.unit}`, ports: [] },
          ],
          unclear: [{ code: 'no_health', values: { service: name } }],
          secrets: ['/srv/a b/key.pem', "/srv/it's/.env"],
          backupPlaces: ['/mnt/b c'],
        }
        const clean = name.replace(/[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, '')
        const draft = draftPolicy(findings, { ...input, hostName, owner: { user, name: clean, keys: [] } })
        const read = readPolicy(withKey(draft.text))
        if (!read.ok) throw new Error(`${JSON.stringify(read.problems)}\n${draft.text}`)
      }),
      { numRuns: 150 },
    )
  })
})

const shopUnit = `[Unit]
Description=Shop
[Service]
User=shop
WorkingDirectory=/srv/shop
EnvironmentFile=/srv/shop/.env
ExecStart=/usr/bin/gunicorn --bind 127.0.0.1:8000 --keyfile /etc/shop/tls.key app:app
StandardError=append:/var/log/shop/error.log
`
const shopSite = `server {
  listen 443 ssl;
  server_name shop.example.jp;
  ssl_certificate /etc/ssl/shop/cert.pem;
  ssl_certificate_key /etc/ssl/shop/key.pem;
  error_log /var/log/nginx/shop.error.log;
  access_log /var/log/nginx/shop.access.log combined;
  location = /healthz { proxy_pass http://127.0.0.1:8000; }
  location / { proxy_pass http://127.0.0.1:8000; }
}
server { listen 8443 ssl; server_name admin.example.jp; location /admin/ { auth_basic x; proxy_pass http://127.0.0.1:8000; } }
`
const blogSite =
  'server { listen 80; server_name blog.example.jp; error_log /var/log/nginx/blog.error.log; root /srv/blog; }'
const key64 = '-----BEGIN PRIVATE KEY-----\nx\n'
/** A Python service with its data in its git tree, beside a site of files. */
const shopHost = (
  answers: Readonly<Record<string, number>>,
  more: Readonly<Record<string, string>> = {},
): ScanView =>
  host(
    {
      '/etc/systemd/system/shop.service': shopUnit,
      '/etc/nginx/sites-available/shop': shopSite,
      '/etc/nginx/sites-available/blog': blogSite,
      '/etc/nginx/nginx.conf': 'events {}',
      '/etc/logrotate.d/shop': '/var/log/shop/*.log {\n  daily\n}\n',
      '/etc/logrotate.d/other': '/var/log/other.log {\n}\n',
      '/etc/shop/tls.key': key64,
      '/srv/shop/app.py': '',
      '/srv/shop/.env': 'SECRET=1',
      '/srv/shop/.env.example': 'SECRET=',
      '/srv/shop/worker.env': 'SECRET=2',
      '/srv/shop/package.json': '{}',
      '/srv/shop/certs/site.pem': key64,
      '/srv/shop/certs/chain.pem': '-----BEGIN CERTIFICATE-----',
      '/srv/shop/tests/a.json': '[]',
      '/srv/shop/tests/b.json': '[]',
      '/srv/shop/tests/c.json': '[]',
      '/srv/shop/data/articles.json': '[{"id":"a1"}]',
      '/srv/shop/data/users.json': '[{"id":"u1","password":"x"}]',
      '/srv/shop/data/broken.json': '[{"id":',
      '/srv/shop/.git/index': indexOf(['app.py', 'data/articles.json', 'data/users.json']),
      ...more,
    },
    {
      links: {
        '/etc/nginx/sites-enabled/shop': '/etc/nginx/sites-available/shop',
        '/etc/nginx/sites-enabled/blog': '/etc/nginx/sites-available/blog',
      },
      ports: { 8000: 'shop.service' },
      answers,
    },
  )

/** A version 2 index of git with these paths. */
function indexOf(paths: readonly string[]): string {
  const entries = paths.map((path) => {
    const size = (62 + path.length + 8) & ~7
    return `${'\0'.repeat(61)}${String.fromCharCode(path.length)}${path}`.padEnd(size, '\0')
  })
  return `DIRC\0\0\0\x02\0\0\0${String.fromCharCode(paths.length)}${entries.join('')}${'\0'.repeat(20)}`
}

describe('init on a host with a site in front', () => {
  const own = { 'https://shop.example.jp/healthz by /etc/ssl/shop/cert.pem': 200 }

  test('health is the address that a server block gives: its name, its port, its location, and its own certificate where that alone is trusted', async () => {
    const { services } = await scanHost(shopHost(own))
    expect(services.find(({ name }) => name === 'shop')?.health).toEqual({
      url: 'https://shop.example.jp/healthz',
      ca: '/etc/ssl/shop/cert.pem',
    })
    const trusted = await scanHost(shopHost({ 'https://shop.example.jp/healthz': 200 }))
    expect(trusted.services[0]?.health).toEqual({ url: 'https://shop.example.jp/healthz' })
    const all = await scanHost(
      shopHost({
        'https://shop.example.jp/healthz': 200,
        'https://shop.example.jp/sekisho-asks-what-is-not-there': 200,
      }),
    )
    expect(all.services[0]?.health).toBeUndefined()
  })

  test('a site that sends to a unix socket belongs to the unit that names the socket', async () => {
    const found = await scanHost(
      host({
        '/etc/systemd/system/shop.service':
          '[Service]\nExecStart=/usr/bin/gunicorn --bind unix:/run/shop.sock app:app\n',
        '/etc/nginx/conf.d/shop.conf':
          'upstream shop { server unix:/run/shop.sock fail_timeout=0; } server { server_name s.jp; location / { proxy_pass http://shop; } }',
      }),
    )
    expect(found.services[0]?.files.map(({ path }) => path)).toEqual(['/etc/nginx/conf.d/shop.conf'])
    expect(found.unclear.map(({ code }) => code)).toEqual(['no_health'])
  })

  test('the health of nginx is the first page of a site of files, where that is not what it answers to anything', async () => {
    const page = { 'http://blog.example.jp/': 200 }
    const { services } = await scanHost(shopHost({ ...own, ...page }))
    expect(services.find(({ name }) => name === 'nginx')?.health).toEqual({ url: 'http://blog.example.jp/' })
    const all = { ...own, ...page, 'http://blog.example.jp/sekisho-asks-what-is-not-there': 200 }
    const { services: without, unclear } = await scanHost(shopHost(all))
    expect(without.find(({ name }) => name === 'nginx')?.health).toBeUndefined()
    expect(unclear).toContainEqual({ code: 'no_health', values: { service: 'nginx' } })
  })

  test('data in the tree is found with its format, what git tracks of it, what is broken and what holds passwords', async () => {
    const { services } = await scanHost(shopHost(own))
    expect(services[0]?.data).toEqual([
      {
        dir: '/srv/shop/data',
        format: 'json',
        broken: ['/srv/shop/data/broken.json'],
        passwords: ['/srv/shop/data/users.json'],
        tracked: 2,
      },
    ])
  })

  test('a database file makes the format sqlite, and other files make it files', async () => {
    const sqlite = await scanHost(shopHost(own, { '/srv/shop/data/shop.db': 'SQLite format 3\0' }))
    expect(sqlite.services[0]?.data[0]?.format).toBe('sqlite')
    const large = await scanHost(shopHost(own, { '/srv/shop/data/shop.db': 'x'.repeat(9_000_000) }))
    expect(large.services[0]?.data[0]?.format).toBe('sqlite')
    const uploads = await scanHost(shopHost(own, { '/srv/shop/uploads/a.png': 'x' }))
    expect(uploads.services[0]?.data.map(({ dir, format }) => [dir, format])).toEqual([
      ['/srv/shop/data', 'json'],
      ['/srv/shop/uploads', 'files'],
    ])
  })

  test('each site keeps its own logs, and the rotation of a service is one of its files', async () => {
    const { services, unclear } = await scanHost(shopHost(own))
    const [shop, nginx] = services
    expect(shop).toMatchObject({
      errorLog: '/var/log/nginx/shop.error.log',
      accessLog: '/var/log/nginx/shop.access.log',
      moreLogs: ['/var/log/shop/error.log'],
    })
    expect(nginx).toMatchObject({ name: 'nginx', errorLog: '/var/log/nginx/blog.error.log' })
    expect(shop?.files.map(({ path }) => path)).toContain('/etc/logrotate.d/shop')
    expect(shop?.files.map(({ path }) => path)).not.toContain('/etc/logrotate.d/other')
    expect(unclear.map(({ code }) => code)).toContain('more_logs')
  })

  test('private keys that nginx, a unit or the tree has are secrets, and so are env files that no unit names', async () => {
    const found = await scanHost(shopHost(own))
    expect(found.secrets).toEqual([
      '/etc/shop/tls.key',
      '/etc/ssl/shop/key.pem',
      '/srv/shop/certs/site.pem',
      '/srv/shop/worker.env',
    ])
    const read = readPolicy(withKey(draftPolicy(found, input).text))
    if (!read.ok) throw new Error(JSON.stringify(read.problems))
    const rows = read.compiled.guard.protect.filter(({ kind }) => kind === 'secret')
    expect(rows.flatMap(({ paths }) => paths)).toEqual(expect.arrayContaining([...found.secrets]))
  })

  test.each(['ja', 'en'] as const)(
    '%s: each question names the line where it is answered',
    async (language) => {
      const found = await scanHost(shopHost({}))
      const { text, questions } = draftPolicy(found, { ...input, language })
      const lines = text.split('\n')
      const at = (code: string) => {
        const nth = found.unclear.findIndex((one) => one.code === code)
        const { values } = found.unclear[nth] ?? { values: {} }
        const sentence = INIT_WORDS[language].unclear[code]?.(values) ?? ''
        const { line = 0 } = questions.find((one) => one.text === sentence) ?? {}
        expect(text).toContain(INIT_WORDS[language].atLine(line, sentence))
        return lines[line - 1]
      }
      expect(at('no_health')).toContain('# health:')
      expect(at('is_data')).toContain('dir: /srv/shop/data')
      expect(at('tracked_data')).toContain('dir: /srv/shop/data')
      expect(at('more_logs')).toContain('logs:')
      expect(at('no_backup_disk')).toContain('# backup:')
      expect(readPolicy(withKey(text)).ok).toBe(true)
    },
  )

  test('copies are proposed on the disk that is not the disk of the data', async () => {
    const mountinfo =
      '1 0 254:0 / / rw - ext4 /dev/vda rw\n2 1 254:16 / /mnt/copies\\040two rw - xfs /dev/vdb rw\n3 1 0:5 / /dev rw - devtmpfs udev rw\n4 1 254:17 / /boot rw - ext4 /dev/vdb1 rw\n'
    const found = await scanHost(shopHost(own, { '/proc/self/mountinfo': mountinfo }))
    expect(found.backupPlaces).toEqual(['/mnt/copies two'])
    expect(found.unclear.map(({ code }) => code)).not.toContain('no_backup_disk')
    expect(draftPolicy(found, input).text).toContain("to: '/mnt/copies two' } ] }")
    expect(backupPlaces(mountinfo, ['/mnt/copies two/data'])).toEqual([])
  })

  test('the guard learns from the host which git tree tracks live data, and which private keys nginx and a unit name', async () => {
    const view = shopHost(own)
    const text = draftPolicy(await scanHost(view), input).text
    const read = readPolicy(
      withKey(text)
        .replaceAll(/^( +)# (data:| {2}- \{ dir|backup: )/gm, '$1$2')
        .replace(/^guard:\n(?: .*\n)+/m, ''),
    )
    if (!read.ok) throw new Error(JSON.stringify(read.problems))
    const facts = await guardFacts(read.compiled.runner.services, view)
    expect(facts).toEqual({
      trees: { '/srv/shop/data': '/srv/shop' },
      keys: ['/etc/shop/tls.key', '/etc/ssl/shop/key.pem'],
    })
    const written = readGuardPolicy(JSON.stringify(withHostFacts(read.compiled.guard, facts)))
    const compiled = compile(written ?? read.compiled.guard)
    const answer = (command: string, cwd = '/srv/shop') =>
      decide({ kind: 'shell', text: command, cwd }, compiled).verdict
    expect(
      ['git stash', 'cat /etc/ssl/shop/key.pem', 'rm -r /backup/shop/daily'].map((one) => answer(one)),
    ).toEqual(['ask', 'deny', 'deny'])
    expect(answer('git stash', '/home/dev/shop')).toBe('allow')
  })

  test('one more service is put into the file that is there, of which no line changes', async () => {
    const before = withKey(draftPolicy(await scanHost(mirai), input).text).replace(
      'lang: en',
      'lang: en   # the words of whoever keeps this file',
    )
    const found = await scanHost(shopHost(own))
    const { text, services, problems, questions } = withService(before, 'shop', found, input)
    expect({ services, problems }).toEqual({ services: ['shop'], problems: [] })
    const kept = text.split('\n')
    const left = before.split('\n').filter((line) => {
      const at = kept.indexOf(line)
      if (at !== -1) kept.splice(at, 1)
      return at === -1
    })
    expect(left).toEqual([])
    const read = readPolicy(text)
    if (!read.ok) throw new Error(JSON.stringify(read.problems))
    expect(read.compiled.runner.services.map(({ name }) => name)).toEqual([
      'mirai-knowledge-system',
      'nginx',
      'shop',
    ])
    expect(text).toContain('/srv/shop/certs/site.pem')
    expect(
      text.split('\n')[(questions.find((one) => one.text.includes('live data'))?.line ?? 0) - 1],
    ).toContain('dir: /srv/shop/data')
    expect(() => withService(text, 'shop.service', found, input)).toThrow(/not_edited/)
    expect(() => withService(before, 'gone', found, input)).toThrow(/not_edited/)
  })

  test('the first service comes into a file that has none', async () => {
    const before = withKey(draftPolicy(await scanHost(host({})), input).text).replace(
      'services: {}',
      'services: {}   # none yet',
    )
    const { text, problems } = withService(before, 'shop', await scanHost(shopHost(own)), input)
    expect(problems).toEqual([])
    const read = readPolicy(text)
    expect(read.ok && read.compiled.runner.services.map(({ name }) => name)).toEqual(['shop'])
    const more = withService(text, 'nginx', await scanHost(shopHost(own)), input)
    const both = readPolicy(more.text)
    expect(both.ok && both.compiled.runner.services.map(({ name }) => name)).toEqual(['nginx', 'shop'])
    expect(more.text).toContain('services:   # none yet')
  })
})

describe('a database of this host', () => {
  test.each(['ja', 'en'] as const)(
    '%s: it is proposed with its role, and the lines pass without their #',
    async (language) => {
      const shop = host({
        '/etc/systemd/system/shop.service':
          '[Service]\nUser=shop\nEnvironmentFile=/etc/shop/env\nExecStart=/usr/bin/shop\n',
        '/etc/shop/env': 'DATABASE_URL=postgresql://shop:s3cret@localhost:5433/orders\n',
        '/run/postgresql/.s.PGSQL.5433': '',
      })
      const { text } = draftPolicy(await scanHost(shop), { ...input, language })
      expect(text).not.toContain('s3cret')
      expect(text).toContain('    # databases:\n')
      const open = withKey(text)
        .replace('    # databases:', '    databases:')
        .replace(/^ {4}# {3}- \{ name: orders/m, '      - { name: orders')
        .replace(/^ {4}# backup:/m, '    backup:')
      const read = readPolicy(open)
      if (!read.ok) throw new Error(`${JSON.stringify(read.problems)}\n${open}`)
      expect(read.compiled.runner.services.find(({ name }) => name === 'shop')?.databases).toMatchObject([
        { name: 'orders', port: 5433, migrations: { role: 'shop' } },
      ])
    },
  )
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
      environment: [],
      start: '/bin/x',
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
