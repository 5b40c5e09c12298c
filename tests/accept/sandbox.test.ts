// S32, E4 and the attacks of unapproved files: each attack succeeds unsandboxed on planted canaries and has no effect from
// inside the sandbox; the ordinary files that nginx takes pass it.

import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { differenceOfKeys, editDotenv, readDotenv } from '../../src/host/dotenv.ts'
import { dummyCertificate, dummyKey, readCertificates } from '../../src/runner/try/dummy-certificate.ts'
import { PROBLEM_CODES } from '../../src/runner/try/problem.ts'
import { validateNginx } from '../../src/runner/try/validate-nginx.ts'
import { validateUnit } from '../../src/runner/try/validate-unit.ts'
import { OverBudget } from '../../src/sandbox/budget.ts'
import { limiterHere, openScratch, runInSandbox, sandboxAvailable } from '../../src/sandbox/sandbox.ts'
import { withIds } from '../../src/sandbox/sandbox-ids.ts'
import { run } from '../../src/sys/process.ts'
import { VALIDATION_WORDS } from '../../src/words/validation.ts'
import { LANGUAGES } from '../../src/words/words.ts'
import {
  type Attack,
  changeOf,
  MAIN,
  makeAttack,
  makePair,
  makeWorld,
  processesWith,
  treeDigest,
  until,
  viewOf,
  type World,
} from './sandbox-world.ts'

let world: World
let rsa: { readonly certificate: string; readonly key: string }
let ec: { readonly certificate: string; readonly key: string }

beforeAll(async () => {
  world = await makeWorld()
  const tls = join(world.directory, 'tls')
  mkdirSync(tls)
  rsa = makePair(tls, 'rsa', 'rsa')
  ec = makePair(tls, 'ec', 'ec')
})
afterAll(() => world.close())

function sandbox() {
  if (!world.sandbox.available) throw new Error(`no sandbox: ${world.sandbox.why}`)
  return world.sandbox.sandbox
}
const inside = (argv: readonly string[], more: Partial<Parameters<typeof runInSandbox>[0]> = {}) =>
  withIds((baseUid) =>
    runInSandbox({ sandbox: sandbox(), argv, scratch: world.scratch, baseUid, process: run, ...more }),
  )
/** Of what `unshare` and the shell before it become; one that has ended meanwhile is none. */
const isSleep = (pid: number) => {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n'
  } catch {
    return false
  }
}
const codes = (result: { readonly problems: readonly { readonly code: string; readonly level: string }[] }) =>
  result.problems.filter(({ level }) => level === 'red').map(({ code }) => code)

describe('sandbox attacks, each with its unsandboxed control', () => {
  let control: Attack
  let attack: Attack
  afterAll(() => {
    control.close()
    attack.close()
  })

  test('sandbox a load_module constructor has every right bare and none inside', async () => {
    const tlsServer = `server { listen 443 ssl; ssl_certificate ${ec.certificate}; ssl_certificate_key ${ec.key}; }`
    control = await makeAttack(world, 'bare', ec.key)
    world.write('evil.so', control.module)
    world.write('nginx.conf', `load_module /etc/nginx/evil.so;\n${MAIN}`)
    world.write('sites/tls.conf', tlsServer)
    const bare = await world.bare(['nginx', '-t'], { env: { EVIL_ENVIRONMENT: 'ENV-CANARY' } })
    expect(bare.stderr).toContain('EVIL uid 0')
    expect(bare.stderr).toContain('EVIL secret SECRET-CANARY-WORD')
    expect(bare.stderr).toContain('EVIL environment ENV-CANARY')
    expect(bare.stderr).toContain(readFileSync(ec.key, 'utf8').split('\n')[1])
    expect(bare.stderr).toContain('EVIL mounted yes')
    expect(existsSync(control.canary)).toBe(true)
    expect(await until(() => control.connections() === 1 && !control.victimLives())).toBe(true)

    // In force already, so that reading alone does not refuse it and it really runs.
    attack = await makeAttack(world, 'inside', ec.key)
    world.write('evil.so', attack.module)
    const result = await world.validate({ 'sites/shop.conf': 'server { listen 80; }\n' })
    const text = JSON.stringify(result)
    expect(text).not.toContain('SECRET-CANARY')
    expect(text).not.toContain(readFileSync(ec.key, 'utf8').split('\n')[1])
    expect(existsSync(attack.canary)).toBe(false)
    expect(attack.connections()).toBe(0)
    expect(attack.victimLives()).toBe(true)
    // It printed the words of success and ended with 0; the ports that are not there give it away.
    expect([result.verdict, ...codes(result)]).toEqual(['red', 'nginx.not_listening', 'nginx.not_listening'])
    world.remove('sites/tls.conf')
  })

  test('sandbox what the constructor says from inside: not root outside, no secret, no key, no network, no mount', async () => {
    const module = join(world.directory, 'evil-inside.so')
    const mounts = [{ kind: 'bind', from: module, to: '/run/evil.so' }] as const
    const config = join(world.directory, 'load.conf')
    writeFileSync(config, 'load_module /run/evil.so;\nevents {}\n')
    const run_ = await inside(['nginx', '-t', '-c', '/run/x.conf'], {
      mounts: [...mounts, { kind: 'bind', from: config, to: '/run/x.conf' }],
    })
    expect(run_.ran && run_.exit).toBe(0)
    const said = run_.ran ? run_.text : ''
    for (const word of ['EVIL wrote no', 'EVIL secret none', 'EVIL key none', 'EVIL environment none'])
      expect(said).toContain(word)
    for (const word of ['EVIL connected no', 'EVIL killed no', 'EVIL vsock no', 'EVIL mounted no'])
      expect(said).toContain(word)
  })

  test('sandbox a new load_module, perl, js or env is refused by reading, before anything runs', async () => {
    world.write('nginx.conf', MAIN)
    const started: string[] = []
    for (const line of ['load_module modules/x.so;', 'env PATH;', 'ssl_engine dynamic;']) {
      const result = await validateNginx({
        changes: [changeOf('/etc/nginx/nginx.conf', `${line}\n${MAIN}`)],
        sandbox: world.sandbox,
        scratch: world.scratch,
        process: (argv, options) => {
          if (!argv.includes('-V')) started.push(argv.join(' '))
          return run(argv, options)
        },
        hostAddresses: [],
        live: world.view,
      })
      expect([line, ...codes(result)]).toEqual([line, 'nginx.loads_code'])
    }
    const others = ['perl_modules x;', 'js_import x.js;', 'content_by_lua_block { os.execute("x") }']
    for (const line of [...others, 'ssl_certificate_key engine:pkcs11:x;']) {
      const result = await world.validate({ 'sites/shop.conf': `server { listen 80; ${line} }` })
      expect([line, ...codes(result)]).toEqual([line, 'nginx.loads_code'])
    }
    expect(started).toEqual([])
  })

  test('sandbox a module file in force cannot be exchanged', async () => {
    world.write('nginx.conf', `load_module /etc/nginx/evil.so;\n${MAIN}`)
    const result = await world.validate({ 'evil.so': 'other code' })
    world.write('nginx.conf', MAIN)
    expect(codes(result)).toContain('nginx.loads_code')
  })

  test('sandbox perl BEGIN is refused by reading; where the module is there it also runs and stays inside', async () => {
    const text = readFileSync(new URL('../fixtures/attacks/begin.conf', import.meta.url), 'utf8')
    const module = '/usr/lib/nginx/modules/ngx_http_perl_module.so'
    const result = await world.validate({ 'sites/perl.conf': text.replace('CANARY', '/run/x') })
    expect(codes(result)).toEqual(['nginx.loads_code'])
    if (!existsSync(module)) {
      console.log('perl BEGIN: the module is not on this machine; only the refusal by reading was tested')
      return
    }
    const canary = join(world.directory, 'canary-perl')
    world.write('sites/perl.conf', text.replace('CANARY', canary))
    world.write('nginx.conf', `load_module ${module};\n${MAIN}`)
    await world.bare(['nginx', '-t'], { ownNetwork: true })
    expect(existsSync(canary)).toBe(true)
    const other = join(world.directory, 'canary-perl-inside')
    world.write('sites/perl.conf', text.replace('CANARY', other))
    await world.validate({ 'sites/shop.conf': 'server { listen 81; }\n' })
    expect(existsSync(other)).toBe(false)
    world.write('nginx.conf', MAIN)
    world.remove('sites/perl.conf')
  })

  test('sandbox an include of a secret file gives its words to bare nginx, and nothing here', async () => {
    const secret = join(world.directory, 'words')
    writeFileSync(secret, 'CANARYPASSWORD hunter2;\n', { mode: 0o600 })
    world.write('sites/leak.conf', `include ${secret};\n`)
    const bare = await world.bare(['nginx', '-t'], { ownNetwork: true })
    expect(bare.stderr).toContain('CANARYPASSWORD')
    world.write('sites/leak.conf', '\n')

    const direct = await world.validate({ 'sites/leak.conf': `include ${secret};\n` })
    const dots = await world.validate({ 'sites/leak.conf': `include ../..${secret};\n` })
    const absent = await world.validate({ 'sites/leak.conf': `include ${secret}-not-there;\n` })
    const link = await validateNginx({
      changes: [{ path: '/etc/nginx/sites/leak.conf', after: { kind: 'link', target: secret } }],
      sandbox: world.sandbox,
      scratch: world.scratch,
      process: run,
      hostAddresses: [],
      live: world.view,
    })
    world.write('secret.inc', 'CANARYPASSWORD hunter2;\n', 0o600)
    const inTree = await world.validate({ 'sites/leak.conf': 'include /etc/nginx/secret.inc;\n' })
    for (const result of [direct, dots, absent, link, inTree]) {
      expect(result.verdict).toBe('red')
      expect(JSON.stringify(result)).not.toMatch(/CANARYPASSWORD|hunter2/)
      expect(result.effective).toEqual([])
    }
    for (const result of [direct, dots, absent, link]) expect(codes(result)).toEqual(['nginx.include_leaves'])
    expect(codes(inTree)).toEqual(['nginx.include_private'])
    // There or not: the answer is the same.
    expect(direct.problems.map(({ code }) => code)).toEqual(absent.problems.map(({ code }) => code))
  })

  test('sandbox words of a private file in force are withheld', async () => {
    world.write('sites/leak.conf', 'include /etc/nginx/secret.inc;\n')
    const result = await world.validate({ 'sites/shop.conf': 'server { listen 80; }\n' })
    world.write('sites/leak.conf', '\n')
    expect(result.verdict).toBe('red')
    expect(result.problems[0]?.path).toBe('/etc/nginx/secret.inc')
    expect(JSON.stringify(result)).not.toMatch(/CANARYPASSWORD|hunter2/)
  })

  test('S8 words and plain digest of a file that is declared secret are withheld, although everybody may read it', async () => {
    const words = 'CANARYPASSWORD hunter2;\n'
    world.write('token.inc', words)
    world.write('sites/leak.conf', 'include /etc/nginx/token.inc;\n')
    const request = {
      changes: [changeOf('/etc/nginx/sites/shop.conf', 'server { listen 80; }\n')],
      sandbox: world.sandbox,
      scratch: world.scratch,
      process: run,
      hostAddresses: [],
      live: world.view,
    }
    const plain = createHash('sha256').update(words).digest('hex')
    const open = await validateNginx(request)
    expect(JSON.stringify(open)).toMatch(/CANARYPASSWORD/)
    expect(JSON.stringify(open)).toContain(plain)
    const secrets = () => ({ has: (path: string) => path === '/etc/nginx/token.inc', keyed: () => 'keyed' })
    const result = await validateNginx({ ...request, secrets })
    world.write('sites/leak.conf', '\n')
    world.remove('token.inc')
    expect(result.verdict).toBe('red')
    expect(result.problems[0]?.path).toBe('/etc/nginx/token.inc')
    expect(JSON.stringify(result)).not.toMatch(/CANARYPASSWORD|hunter2/)
    expect(JSON.stringify(result)).not.toContain(plain)
    expect(result.effective).toContainEqual({ path: '/etc/nginx/token.inc', digest: 'keyed' })
  })

  test('sandbox pid, log and temporary paths are made by bare nginx, and not from inside', async () => {
    const place = join(world.directory, 'written')
    mkdirSync(place)
    const text = (to: string) =>
      `${MAIN.replace('/var/log/nginx/error.log', `${to}/error.log`).replace('/run/nginx.pid', `${to}/x.pid`).replace('http {', `http { client_body_temp_path ${to}/body; access_log ${to}/access.log;`)}`
    world.write('nginx.conf', text(place))
    const bare = await world.bare(['nginx', '-t'], { ownNetwork: true })
    expect(bare.code).toBe(0)
    expect(readdirSync(place).sort()).toEqual(['access.log', 'body', 'error.log', 'x.pid'])
    world.write('nginx.conf', MAIN)
    const empty = join(world.directory, 'not-written')
    mkdirSync(empty)
    const result = await world.validate({ 'nginx.conf': text(empty) })
    expect([result.verdict, result.problems]).toEqual(['green', []])
    expect(readdirSync(empty)).toEqual([])
  })

  test('sandbox a planted generator runs in bare systemd-analyze, and not from inside', async () => {
    const systemd = join(world.directory, 'systemd')
    const generators = join(systemd, 'system-generators')
    mkdirSync(join(systemd, 'system'), { recursive: true })
    mkdirSync(generators)
    const source = readFileSync(new URL('../fixtures/attacks/generator.sh', import.meta.url), 'utf8')
    const secret = join(world.directory, 'secret')
    const plant = (victim: Attack['victim']) => {
      const text = source.replace('SECRET', secret).replace('VICTIM', String(victim))
      writeFileSync(join(generators, 'evil'), text)
      chmodSync(join(generators, 'evil'), 0o755)
    }
    const [outer, inner] = [
      await makeAttack(world, 'generator', ec.key),
      await makeAttack(world, 'none', ec.key),
    ]
    const unit = '[Service]\nExecStart=/usr/bin/true\n'
    writeFileSync(join(systemd, 'system', 'a.service'), unit)
    plant(outer.victim)
    const argv = ['systemd-analyze', 'verify', '--man=no', '--generators=yes', 'a.service']
    const bare = await world.bare(argv, { systemd })
    expect(bare.stderr).toContain('EVIL generator uid 0 SECRET-CANARY-WORD')
    expect(await until(() => !outer.victimLives())).toBe(true)
    plant(inner.victim)
    const view = viewOf({ '/etc/systemd': systemd })
    const result = await validateUnit({
      changes: [changeOf('/etc/systemd/system/a.service', `${unit}Nice=1\n`)],
      unit: 'a.service',
      sandbox: world.sandbox,
      scratch: world.scratch,
      process: run,
      live: view,
    })
    expect([result.verdict, result.problems]).toEqual(['green', []])
    expect(inner.victimLives()).toBe(true)
    outer.close()
    inner.close()
  })
})

describe('sandbox ordinary nginx files that live nginx takes', () => {
  const tls = (pair: { certificate: string; key: string }, listen = '443 ssl') =>
    `server { listen ${listen}; ssl_certificate ${pair.certificate}; ssl_certificate_key ${pair.key}; }\n`
  test.each([
    ['443 with an RSA certificate', () => tls(rsa), ['0.0.0.0:443']],
    ['443 with an EC certificate and http2', () => `${tls(ec)}`.replace('{', '{ http2 on;'), ['0.0.0.0:443']],
    [
      'both certificates in one server',
      () => tls(rsa).replace('}', `ssl_certificate ${ec.certificate}; ssl_certificate_key ${ec.key}; }`),
      ['0.0.0.0:443'],
    ],
    [
      'another address of both families',
      () => 'server { listen 10.11.12.13:8080; listen [2001:db8::5]:8081; }',
      ['10.11.12.13:8080', '2001:db8::5:8081'],
    ],
    [
      'an upstream and a proxy by name',
      () =>
        'upstream app { server app.internal:8080; server app2.internal; }\nserver { listen 80; location / { proxy_pass http://app; } location /b { proxy_pass https://other.internal/x; } }',
      ['0.0.0.0:80'],
    ],
    [
      'map, geo, log format, limits and snippets',
      () =>
        'map $http_upgrade $connection_upgrade { default upgrade; "" close; }\ngeo $inside { default 0; 10.0.0.0/8 1; }\nlog_format j escape=json \'{"a":"$request"}\';\nlimit_req_zone $binary_remote_addr zone=z:1m rate=9r/s;\nserver { listen 80 default_server; include snippets/*.conf; access_log /var/log/nginx/j.log j; }',
      ['0.0.0.0:80'],
    ],
    [
      'a socket, a cache and quic',
      () =>
        `proxy_cache_path /var/cache/nginx-x keys_zone=c:1m;\n${tls(ec, '443 quic reuseport')}server { listen unix:/run/app.sock; }`,
      ['0.0.0.0:443', '/run/app.sock:0'],
    ],
  ])('sandbox %s', async (_, text, listeners) => {
    world.write('snippets/a.conf', 'add_header X-A b;\n')
    const result = await world.validate({ 'sites/shop.conf': text() })
    expect([result.verdict, result.problems.filter(({ level }) => level === 'red')]).toEqual(['green', []])
    expect(result.listeners?.map(({ address, port }) => `${address}:${port}`)).toEqual(
      expect.arrayContaining([...listeners]),
    )
    expect(result.listeners?.length).toBe(listeners.length)
    // The control: the real nginx, unsandboxed, takes the same text where it has the addresses and names.
    if (/internal|10\.11/.test(text())) return
    world.write('sites/shop.conf', text())
    const bare = await world.bare(['nginx', '-t'], { ownNetwork: true })
    world.write('sites/shop.conf', 'server { listen 80; server_name shop.test; }\n')
    expect([bare.code, bare.stderr]).toEqual([0, expect.stringContaining('test is successful')])
  })

  test('sandbox names are reported as not resolved, addresses as not here, and neither stops', async () => {
    const text =
      'server { listen 10.11.12.13:80; location / { proxy_pass http://one.internal; } location /b { proxy_pass http://two.internal:81; } }'
    const result = await world.validate({ 'sites/shop.conf': text })
    expect(result.unresolved).toEqual(['one.internal', 'two.internal'])
    expect(result.problems.map(({ code, level }) => `${code} ${level}`)).toEqual([
      'nginx.address_not_here note',
      'nginx.name_not_resolved note',
      'nginx.name_not_resolved note',
    ])
  })

  test('sandbox a configuration that stays in the foreground shows its ports too', async () => {
    const result = await world.validate({ 'nginx.conf': `daemon off;\n${MAIN}` })
    expect([result.verdict, result.problems.filter(({ level }) => level === 'red')]).toEqual(['green', []])
    expect(result.listeners?.map(({ port }) => port)).toEqual([80])
  })

  test('sandbox the effective files are those of nginx -T', async () => {
    const bare = await world.bare(['nginx', '-T'], { ownNetwork: true })
    const told = [...bare.stdout.matchAll(/^# configuration file (.*):$/gm)].map(([, path]) => path)
    const result = await world.validate({})
    expect(told.length).toBeGreaterThan(1)
    expect(result.effective.map(({ path }) => path)).toEqual(expect.arrayContaining(told))
  })
})

test.each(['rsa', 'ec'] as const)(
  'sandbox the dummy of an %s certificate has its names and another key of its kind',
  (kind) => {
    const pair = kind === 'rsa' ? rsa : ec
    const certificates = readCertificates(readFileSync(pair.certificate))
    const [leaf] = certificates
    const key = leaf === undefined ? undefined : dummyKey(leaf)
    const dummy = key === undefined ? undefined : dummyCertificate(certificates, key)
    if (key === undefined || dummy === undefined) throw new Error('no dummy')
    const path = join(world.directory, 'dummy.pem')
    writeFileSync(path, dummy)
    const ask = (file: string, ...words: string[]) =>
      execFileSync('openssl', ['x509', '-in', file, '-noout', ...words]).toString()
    const names = ['-subject', '-issuer', '-dates', '-serial', '-ext', 'subjectAltName']
    expect(ask(path, ...names)).toBe(ask(pair.certificate, ...names))
    expect(ask(path, '-pubkey')).not.toBe(ask(pair.certificate, '-pubkey'))
    const size = /Public-Key: \((\d+) bit\)/
    expect(size.exec(ask(path, '-text'))?.[1]).toBe(size.exec(ask(pair.certificate, '-text'))?.[1])
    expect(execFileSync('openssl', ['verify', '-CAfile', path, path]).toString()).toContain('OK')
  },
)

describe('S32 broken files are refused in the shadow and the live tree keeps its digest', () => {
  test.each([
    ['an unknown directive', 'server { listen 80; bogus on; }', 'nginx.failed', 1],
    ['a block that is not closed', 'server {\n listen 80;\n', 'nginx.syntax', 3],
    ['a wrong value', 'server {\n listen 80;\n client_max_body_size lots;\n}', 'nginx.failed', 3],
    ['a duplicate', 'server {\n listen 80;\n listen 80;\n}', 'nginx.failed', 3],
    ['a missing include', 'server {\n listen 80;\n include gone.conf;\n}', 'nginx.include_missing', 3],
    [
      'a missing certificate',
      'server { listen 443 ssl; ssl_certificate /etc/nginx/x.pem; ssl_certificate_key /etc/nginx/x.key; }',
      'nginx.failed',
      undefined,
    ],
    ['an unknown upstream', 'server { listen 80; location / { proxy_pass app; } }', 'nginx.failed', 1],
    ['a user that does not exist', undefined, 'nginx.failed', 1],
  ])('nginx: %s', async (_, text, code, line) => {
    const before = world.digest()
    const result =
      text === undefined
        ? await world.validate({ 'nginx.conf': MAIN.replace('www-data', 'nosuchuser') })
        : await world.validate({ 'sites/shop.conf': text })
    expect([result.verdict, codes(result)]).toEqual(['red', [code]])
    expect(result.problems[0]?.line).toBe(line)
    expect(result.problems[0]?.path ?? '/etc/nginx/sites/shop.conf').toMatch(
      /^\/etc\/nginx\/(sites\/shop|nginx)\.conf$/,
    )
    expect(world.digest()).toBe(before)
    expect(readdirSync(world.scratch)).toEqual([])
  })

  test('nginx: a certificate that does not belong to the key in force', async () => {
    world.write(
      'sites/tls.conf',
      `server { listen 443 ssl; ssl_certificate ${ec.certificate}; ssl_certificate_key ${ec.key}; }`,
    )
    const result = await world.validate({
      'sites/tls.conf': `server { listen 443 ssl; ssl_certificate ${rsa.certificate}; ssl_certificate_key ${ec.key}; }`,
    })
    expect([result.verdict, codes(result)]).toEqual(['red', ['nginx.key_mismatch']])
    // A key that is not in force is no oracle: it is not compared, and that is said.
    const fresh = await world.validate({
      'sites/tls.conf': `server { listen 443 ssl; ssl_certificate ${rsa.certificate}; ssl_certificate_key ${rsa.key}; }`,
    })
    expect(fresh.problems.map(({ code }) => code)).toEqual(['nginx.key_not_compared'])
  })

  test('part of E4: a file that no include takes in is refused, also when it is rubbish', async () => {
    const result = await world.validate({ 'sites/shop.conf.bak': 'rubbish {', 'other/x.conf': 'rubbish {' })
    expect([result.verdict, codes(result)]).toEqual(['red', ['nginx.not_effective', 'nginx.not_effective']])
    // The control: nginx itself says yes to a tree with that file.
    world.remove('sites/tls.conf')
    world.write('sites/shop.conf.bak', 'rubbish {')
    const bare = await world.bare(['nginx', '-t'], { ownNetwork: true })
    expect(bare.code).toBe(0)
  })

  describe('units', () => {
    const good = '[Unit]\nDescription=x\n[Service]\nExecStart=/usr/bin/sleep 1\nUser=www-data\n'
    const validate = async (files: Readonly<Record<string, string>>) => {
      const systemd = join(world.directory, 'units')
      mkdirSync(join(systemd, 'system', 'shop.service.d'), { recursive: true })
      writeFileSync(join(systemd, 'system', 'shop.service'), good)
      const before = treeDigest(systemd)
      const result = await validateUnit({
        changes: Object.entries(files).map(([name, text]) => changeOf(`/etc/systemd/system/${name}`, text)),
        unit: 'shop.service',
        sandbox: world.sandbox,
        scratch: world.scratch,
        process: run,
        live: viewOf({ '/etc/systemd': systemd }),
      })
      expect(treeDigest(systemd)).toBe(before)
      return result
    }
    test.each([
      ['an unknown key', 'shop.service', `${good}Bogus=1\n`, 'unit.key_unknown', 6],
      ['a bad value', 'shop.service', `${good}Restart=sometimes\n`, 'unit.failed', 6],
      ['an unknown section', 'shop.service', `${good}[Nope]\nA=1\n`, 'unit.key_unknown', 6],
      ['a line that is none', 'shop.service', `${good}junk\n`, 'unit.line', 6],
      [
        'a program that is not there',
        'shop.service',
        good.replace('sleep', 'no-such-program'),
        'unit.failed',
        undefined,
      ],
      [
        'a user that is not there',
        'shop.service',
        good.replace('www-data', 'nosuch'),
        'unit.user_missing',
        5,
      ],
      ['a group that is not there', 'shop.service', `${good}Group=nosuch\n`, 'unit.group_missing', 6],
      [
        'an environment file that is not there',
        'shop.service',
        `${good}EnvironmentFile=/nope\n`,
        'unit.environment_file_missing',
        6,
      ],
      [
        'a drop-in with a bad value',
        'shop.service.d/a.conf',
        '[Service]\nLimitNOFILE=many\n',
        'unit.failed',
        2,
      ],
      [
        'a file systemd does not read',
        'shop.service.d/a.conf.bak',
        '[Service]\n',
        'unit.not_effective',
        undefined,
      ],
    ])('unit: %s', async (_, name, text, code, line) => {
      const result = await validate({ [name]: text })
      expect([result.verdict, codes(result)]).toEqual(['red', [code]])
      expect(result.problems[0]?.line).toBe(line)
    })
    test('unit: a good drop-in is green and says what to read back', async () => {
      const result = await validate({
        'shop.service.d/a.conf': '[Service]\nMemoryMax=64M\nIPAccounting=yes\n',
      })
      expect([result.verdict, result.problems]).toEqual(['green', []])
      expect(result.changed).toEqual(['Service.IPAccounting', 'Service.MemoryMax'])
      expect(result.readBack.map(({ property }) => property)).toEqual(['MemoryMax'])
      expect(result.notReadable).toEqual(['Service.IPAccounting'])
    })
    test('unit: the first drop-in brings its directory', async () => {
      const systemd = join(world.directory, 'units-fresh')
      mkdirSync(join(systemd, 'system'), { recursive: true })
      writeFileSync(join(systemd, 'system', 'shop.service'), good)
      const at = (text: string) =>
        validateUnit({
          changes: [changeOf('/etc/systemd/system/shop.service.d/a.conf', text)],
          unit: 'shop.service',
          sandbox: world.sandbox,
          scratch: world.scratch,
          process: run,
          live: viewOf({ '/etc/systemd': systemd }),
        })
      expect(await at('[Service]\nNice=5\n')).toMatchObject({ verdict: 'green', changed: ['Service.Nice'] })
      expect(codes(await at('[Service]\nNice=high\n'))).toEqual(['unit.failed'])
      expect(readdirSync(join(systemd, 'system'))).toEqual(['shop.service'])
    })
    test('unit: a program outside /usr counts when it is there', async () => {
      const program = join(world.directory, 'program')
      writeFileSync(program, '#!/bin/sh\n')
      chmodSync(program, 0o755)
      expect((await validate({ 'shop.service': `[Service]\nExecStart=${program} x\n` })).verdict).toBe(
        'green',
      )
      expect((await validate({ 'shop.service': `[Service]\nExecStart=${program}-gone x\n` })).verdict).toBe(
        'red',
      )
    })
  })

  test('env: a broken dotenv file is refused, and a good edit is told by names alone', () => {
    expect(readDotenv(Buffer.from('A=1\nA=2\nB="x\n')).problems.map(({ why, line }) => [why, line])).toEqual([
      ['duplicate_key', 2],
      ['unclosed_quote', 3],
    ])
    const before = Buffer.from('# c\nexport A=old-secret\n')
    const edited = editDotenv(before, { set: [{ key: 'A', value: 'new secret' }] })
    expect(edited.ok && Buffer.from(edited.bytes).toString()).toBe("# c\nexport A='new secret'\n")
    if (edited.ok) expect(JSON.stringify(differenceOfKeys(before, edited.bytes))).not.toContain('secret')
  })
})

describe('sandbox ends', () => {
  test('sandbox only the exit on the status descriptor is a verdict', async () => {
    expect(await inside(['sh', '-c', 'exit 3'])).toMatchObject({ ran: true, exit: 3 })
    // Missing programs and limits of ours say nothing about the files.
    expect(await inside(['no-such-program-here'])).toMatchObject({ ran: false, why: 'unavailable' })
    const busy = await inside(['sh', '-c', 'while :; do :; done'], { limits: { cpuSeconds: 1 } })
    expect(busy).toMatchObject({ ran: false, why: 'limit' })
    const large = ['sh', '-c', 'head -c 2000000 /dev/zero >/tmp/x']
    expect(await inside(large, { limits: { fileBytes: 1_000_000 } })).toMatchObject({
      ran: false,
      why: 'limit',
    })
    const broken = await inside(['true'], { mounts: [{ kind: 'bind', from: '/nowhere', to: '/x' }] })
    expect(broken).toMatchObject({ ran: false, why: 'start' })
    expect(await inside(['yes'])).toMatchObject({ ran: false, why: 'overflow' })
    const none = await inside(['true'], {
      process: (argv, options) => run(['no-such-unshare', ...argv], options),
    })
    expect(none).toMatchObject({ ran: false, why: 'unavailable' })
    // A program that writes the status by itself has no descriptor to write it to.
    const forged = await inside(['sh', '-c', 'echo "{ \\"exit-code\\": 0 }" >&4; exit 5'])
    expect(forged).toMatchObject({ ran: true, exit: 5, text: expect.stringContaining('4') })
  })

  test('sandbox root inside is an ordinary id outside, without capabilities that reach out', async () => {
    const marker = `63${process.pid}`
    const running = inside(['sleep', marker], { baseUid: 2_000_000_000, timeoutMs: 5_000 })
    const inner = () => processesWith(`sleep\0${marker}`).find(isSleep)
    expect(await until(() => inner() !== undefined)).toBe(true)
    const status = readFileSync(`/proc/${inner() ?? 0}/status`, 'utf8')
    process.kill(inner() ?? 0, 'SIGTERM')
    process.kill(inner() ?? 0, 'SIGKILL')
    await running
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]
    expect(field('Uid')?.split('\t')).toEqual(Array(4).fill('2000000000'))
    expect([field('Seccomp'), field('NoNewPrivs')]).toEqual(['2', '1'])
    // CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID, NET_BIND_SERVICE, and only over what is mapped inside.
    expect(Number.parseInt(field('CapPrm') ?? '', 16)).toBe(
      (1 << 0) | (1 << 1) | (1 << 3) | (1 << 6) | (1 << 7) | (1 << 10),
    )
  })

  test('sandbox a time-out and a daemon leave no process', async () => {
    const marker = `61${process.pid}`
    expect(await inside(['sleep', marker], { timeoutMs: 400 })).toMatchObject({ ran: false, why: 'timeout' })
    expect(await inside(['sh', '-c', `setsid sleep ${marker} & exit 0`])).toMatchObject({
      ran: true,
      exit: 0,
    })
    expect(await until(() => processesWith(`sleep\0${marker}`).length === 0)).toBe(true)
    expect(readdirSync(world.scratch)).toEqual([])
  })

  test('sandbox a killed caller leaves no process and no mount', async () => {
    const marker = `62${process.pid}`
    const script = `
      import { run } from '${new URL('../../src/sys/process.ts', import.meta.url).pathname}'
      import { runInSandbox } from '${new URL('../../src/sandbox/sandbox.ts', import.meta.url).pathname}'
      await runInSandbox({ sandbox: ${JSON.stringify(sandbox())}, argv: ['sleep', '${marker}'], scratch: '${world.scratch}', baseUid: 2000000000, process: run, timeoutMs: 60000 })`
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: 'ignore',
    })
    expect(await until(() => processesWith(`sleep\0${marker}`).some(isSleep))).toBe(true)
    child.kill('SIGKILL')
    expect(await until(() => processesWith(`sleep\0${marker}`).length === 0)).toBe(true)
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(world.scratch)
    // Its files are left; the next start removes them.
    expect(readdirSync(world.scratch).length).toBe(1)
    await openScratch(world.scratch)
    expect(readdirSync(world.scratch)).toEqual([])
  })

  describe('a trial takes no more of the host than it may', () => {
    const lines = (directory: string) =>
      Array.from({ length: 300 }, (_, i) => `auth_basic_user_file ${directory}/${i};`)
        .map((line, i) => `location /${i} { auth_basic x; ${line} }`)
        .join('\n')
    /** What a validation takes while nginx runs: bytes below its scratch. */
    const measured = async (directory: string) => {
      let scratchBytes = 0
      const result = await validateNginx({
        changes: [changeOf('/etc/nginx/sites/shop.conf', `server { listen 80;\n${lines(directory)}\n}\n`)],
        sandbox: world.sandbox,
        scratch: world.scratch,
        process: (argv, options) => {
          const used = execFileSync('du', ['-sb', world.scratch], { encoding: 'utf8' })
          scratchBytes = Math.max(scratchBytes, Number(used.split('\t')[0]))
          return run(argv, options)
        },
        hostAddresses: [],
        live: world.view,
      })
      return { result, scratchBytes }
    }
    const rssBefore = () => process.memoryUsage().rss

    test('three hundred names of one file of 8 MiB are read and written once', async () => {
      const directory = join(world.directory, 'one-inode')
      mkdirSync(directory)
      writeFileSync(join(directory, '0'), '')
      truncateSync(join(directory, '0'), 8_388_608)
      for (let i = 1; i < 300; i++) linkSync(join(directory, '0'), join(directory, String(i)))
      const before = rssBefore()
      const { result, scratchBytes } = await measured(directory)
      expect([result.verdict, result.problems.filter(({ level }) => level === 'red')]).toEqual(['green', []])
      expect(scratchBytes).toBeLessThan(20_000_000)
      expect(rssBefore() - before).toBeLessThan(300_000_000)
    })

    test('three hundred files of 8 MiB are refused by name, and nothing is left', async () => {
      const directory = join(world.directory, 'many-inodes')
      mkdirSync(directory)
      for (let i = 0; i < 300; i++) {
        writeFileSync(join(directory, String(i)), '')
        truncateSync(join(directory, String(i)), 8_388_608)
      }
      const before = rssBefore()
      const { result, scratchBytes } = await measured(directory)
      expect([result.verdict, codes(result)]).toEqual(['red', ['trial.over_budget']])
      expect(result.problems[0]?.text).toBe('bytes 134217728')
      expect(scratchBytes).toBeLessThan(20_000_000)
      expect(rssBefore() - before).toBeLessThan(400_000_000)
      expect(readdirSync(world.scratch)).toEqual([])
    })

    test('what all programs of a run take together ends it, by groups and by the watcher', async () => {
      const together = { memoryBytes: 64_000_000, processes: 40, scratchBytes: 8_000_000 }
      for (const limiter of [await limiterHere(), { kind: 'watcher' } as const]) {
        // The watcher ends it long before that; a group ends one process, and the others go on.
        const seconds = limiter.kind === 'watcher' ? 15 : 1
        const takes = {
          memory: `head -c 400000000 /dev/zero | tail | sleep ${seconds}`,
          processes: `for i in $(seq 60); do sleep ${seconds} & done; wait`,
          // Of memory the groups count the scratch places too.
          scratch: `for i in 1 2 3 4; do head -c 30000000 /dev/zero >/tmp/$i; done; sleep ${seconds}`,
        }
        for (const [what, script] of Object.entries(takes)) {
          const over = await inside(['sh', '-c', script], {
            together,
            limiter,
            limits: { processes: 4096, fileBytes: 100_000_000 },
          }).catch((error: unknown) => error)
          const name = what === 'scratch' && limiter.kind !== 'watcher' ? 'memory' : what
          expect([limiter.kind, what, over instanceof OverBudget ? over.what : over]).toEqual([
            limiter.kind,
            what,
            name,
          ])
        }
      }
      expect(readdirSync(world.scratch)).toEqual([])
    })
  })

  test('sandbox parallel runs have other ids and do not meet', async () => {
    const bases: string[] = []
    const results = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        validateNginx({
          changes: [changeOf('/etc/nginx/sites/shop.conf', `server { listen ${8000 + i}; }`)],
          sandbox: world.sandbox,
          scratch: world.scratch,
          process: (argv, options) => {
            bases.push(argv.find((word) => word.startsWith('--map-users=')) ?? '')
            return run(argv, options)
          },
          hostAddresses: [],
          live: world.view,
        }),
      ),
    )
    const ports = results.map(({ listeners }) =>
      listeners?.map(({ port }) => port).filter((port) => port >= 8000),
    )
    expect(ports).toEqual([[8000], [8001], [8002], [8003], [8004], [8005]])
    expect(results.map(({ verdict }) => verdict)).toEqual(Array(6).fill('green'))
    if (sandbox().kind === 'mapped') expect(new Set(bases).size).toBe(6)
    expect(readdirSync(world.scratch)).toEqual([])
  })

  test('sandbox scratch below a directory that is closed to others works as well', async () => {
    const scratch = join(world.directory, 'closed', 'state', 'scratch')
    mkdirSync(join(world.directory, 'closed', 'state'), { recursive: true, mode: 0o700 })
    await openScratch(scratch)
    const available = await sandboxAvailable({ process: run, scratch, uid: process.getuid?.() ?? -1 })
    expect(available).toMatchObject({ available: true, sandbox: { kind: sandbox().kind } })
    const request = { sandbox: available, scratch, process: run, hostAddresses: [], live: world.view }
    const at = (text: string) => [changeOf('/etc/nginx/sites/shop.conf', text)]
    expect((await validateNginx({ ...request, changes: at(`server { listen 80; }`) })).verdict).toBe('green')
    expect(codes(await validateNginx({ ...request, changes: at(`server { bogus; }`) }))).toEqual([
      'nginx.failed',
    ])
    expect(readdirSync(scratch)).toEqual([])
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(scratch)
  })

  test('sandbox without it nothing is tried, and that is said', async () => {
    const result = await validateNginx({
      changes: [changeOf('/etc/nginx/sites/shop.conf', 'server { listen 80; }')],
      sandbox: { available: false, why: 'no user namespaces' },
      scratch: world.scratch,
      process: run,
      hostAddresses: [],
      live: world.view,
    })
    expect([result.verdict, result.problems.map(({ code }) => code)]).toEqual([
      'not_tried',
      ['sandbox.unavailable'],
    ])
  })

  test.each([
    ['root-one-id', 0],
    ['one-id', 65_533],
  ] as const)(
    'sandbox the weaker wall %s still validates and says what it does not check',
    async (kind, uid) => {
      const scratch = join(world.directory, `scratch-${kind}`)
      mkdirSync(scratch)
      chownSync(scratch, uid, uid)
      const source = (name: string) => JSON.stringify(new URL(`../../src/${name}`, import.meta.url).pathname)
      // A process of its own: all of it must work for what that user may do.
      const script = `
      import { run } from ${source('sys/process.ts')}
      import { openScratch, sandboxAvailable } from ${source('sandbox/sandbox.ts')}
      import { validateNginx } from ${source('runner/try/validate-nginx.ts')}
      import { changeOf, viewOf } from ${JSON.stringify(new URL('./sandbox-world.ts', import.meta.url).pathname)}
      const scratch = ${JSON.stringify(scratch)}
      await openScratch(scratch)
      const sandbox = await sandboxAvailable({ process: run, scratch, uid: ${uid}, kinds: ['${kind}'] })
      const live = viewOf({ '/etc/nginx': ${JSON.stringify(world.tree)} })
      const results = []
      for (const text of ['server { listen 443; }', 'server { listen 443; bogus on; }'])
        results.push(await validateNginx({ changes: [changeOf('/etc/nginx/sites/shop.conf', text)], sandbox, scratch, process: run, hostAddresses: [], live }))
      console.log(JSON.stringify({ sandbox, results }))`
      const child = await run([process.execPath, '--input-type=module-typescript', '-e', script], {
        uid,
        gid: uid,
      })
      expect(child.stderr).toBe('')
      const { sandbox: available, results } = JSON.parse(child.stdout)
      expect(available).toMatchObject({ available: true, sandbox: { kind } })
      // Where parts of /proc are covered and we are not root, the ports cannot be seen: said, and not taken as none.
      const blind = available.sandbox.proc === 'none'
      expect(available.notChecked).toEqual(['user', 'owners', ...(blind ? ['listeners'] : [])])
      expect(results[0]).toMatchObject({ verdict: 'green', notChecked: available.notChecked })
      const port = { proto: 'tcp', address: '0.0.0.0', port: 443 }
      expect(results[0].listeners).toEqual(blind ? undefined : [port])
      expect([results[1].verdict, codes(results[1])]).toEqual(['red', ['nginx.failed']])
      expect(readdirSync(scratch)).toEqual([])
    },
  )
})

test('sandbox a link out of the tree that is in force already is staged with the rest', async () => {
  const place = join(world.directory, 'elsewhere')
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, 'x.conf'), 'server { listen 90; }\n')
  symlinkSync(join(place, 'x.conf'), join(world.tree, 'sites', 'known.conf'))
  const known = await world.validate({ 'sites/shop.conf': 'server { listen 80; }\n' })
  expect([known.verdict, codes(known)]).toEqual(['green', []])
  expect(known.listeners?.map(({ port }) => port)).toContain(90)
})

test('every problem has its sentence in both languages, and no sentence is left over', () => {
  // The validators' own codes, those of the trial that applies and undoes (runner/file-trial.ts), and of data (runner/validate-data.ts).
  const trial = ['trial.apply', 'trial.copy', 'trial.undo']
  const data = ['data.absent', 'data.not_read', 'data.question', 'data.rubbish']
  expect(Object.keys(VALIDATION_WORDS).sort()).toEqual([...PROBLEM_CODES, ...trial, ...data].sort())
  for (const language of LANGUAGES)
    for (const [code, words] of Object.entries(VALIDATION_WORDS)) {
      // A number of findings, which have no place of their own.
      if (code === 'validation.more') {
        expect(words[language]({ text: '7' }).what).toContain('7')
        continue
      }
      const sentence = words[language]({ text: 'words of the validator', path: '/etc/nginx/x', line: 3 })
      expect(sentence.what).toContain('/etc/nginx/x:3')
      expect(sentence.why).toBe('words of the validator')
    }
})
