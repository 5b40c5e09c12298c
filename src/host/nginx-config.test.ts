import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { policyOf } from '../../tests/runner-fixtures/scene.ts'
import { type FileView, type Look, withChanges } from './file-view.ts'
import { effectiveSet, isEffective, NO_SECRETS, readNginx } from './nginx-config.ts'
import { secretFilesOf } from './nginx-live.ts'

type Tree = Readonly<Record<string, string | { readonly link: string } | { readonly secret: string }>>

function tree(files: Tree): FileView {
  const looks = new Map<string, Look>()
  const names = new Map<string, Set<string>>()
  for (const [path, what] of Object.entries(files)) {
    const own = { uid: 0, gid: 0 }
    if (typeof what === 'string')
      looks.set(path, { kind: 'file', bytes: Buffer.from(what), mode: 0o644, ...own })
    else if ('link' in what) looks.set(path, { kind: 'link', target: what.link })
    else looks.set(path, { kind: 'file', bytes: Buffer.from(what.secret), mode: 0o600, ...own })
    const parts = path.split('/')
    for (let i = parts.length - 1; i > 0; i--) {
      const parent = parts.slice(0, i).join('/') || '/'
      names.set(parent, (names.get(parent) ?? new Set()).add(parts[i] ?? ''))
    }
  }
  return {
    look(path) {
      const children = names.get(path)
      return (
        looks.get(path) ?? (children === undefined ? undefined : { kind: 'directory', names: [...children] })
      )
    },
  }
}

const PATHS = { main: '/etc/nginx/nginx.conf', prefix: '/usr/share/nginx' }
const SITE = tree({
  '/etc/nginx/nginx.conf':
    'load_module modules/x.so;\nhttp {\n include mime.types;\n include /etc/nginx/sites-enabled/*;\n include conf.d/*.conf;\n}\n',
  '/etc/nginx/mime.types': 'types { load_module evil; text/html html; }',
  '/etc/nginx/sites-available/shop':
    'server { listen 443 ssl; listen [::]:443 ssl; listen 10.0.0.1:81; server_name shop.test www.shop.test;\n ssl_certificate /etc/tls/c.pem;\n ssl_certificate_key /etc/tls/k.pem; }',
  '/etc/nginx/sites-available/unused': 'server { listen 1; }',
  '/etc/nginx/sites-enabled/shop': { link: '../sites-available/shop' },
  '/etc/nginx/sites-enabled/.hidden': 'rubbish {',
  '/etc/nginx/conf.d/a.conf': { secret: 'map $a $b { include x.map; default 1; }' },
  '/etc/nginx/conf.d/a.conf.bak': 'rubbish {',
  '/etc/nginx/x.map': 'y z;',
  '/etc/tls/c.pem': 'certificate',
  '/etc/tls/k.pem': { secret: 'key' },
})

describe('the effective configuration', () => {
  const config = readNginx(SITE, PATHS)
  test('takes in what globs and links lead to, each real file once, in order', () => {
    expect(config.files.map(({ real, isPrivate }) => [real, isPrivate])).toEqual([
      ['/etc/nginx/nginx.conf', false],
      ['/etc/nginx/mime.types', false],
      ['/etc/nginx/sites-available/shop', false],
      ['/etc/nginx/conf.d/a.conf', true],
      ['/etc/nginx/x.map', false],
    ])
    expect(config.problems).toEqual([])
  })
  test('part of E4: a file that no include takes in is not part of it', () => {
    expect(isEffective(config, '/etc/nginx/sites-available/shop')).toBe(true)
    expect(isEffective(config, '/etc/nginx/sites-available/unused')).toBe(false)
    expect(isEffective(config, '/etc/nginx/conf.d/a.conf.bak')).toBe(false)
    expect(isEffective(config, '/etc/tls/c.pem')).toBe(true)
  })
  test('names, ports, pairs and code are found; entries of a data block are no directives', () => {
    expect(config.serverNames).toEqual(['shop.test', 'www.shop.test'])
    expect(config.listens.map(({ address, port, family }) => [address, port, family])).toEqual([
      ['*', 443, 4],
      ['*', 443, 6],
      ['10.0.0.1', 81, 4],
    ])
    expect(config.pairs).toMatchObject([{ certificate: '/etc/tls/c.pem', key: '/etc/tls/k.pem', line: 2 }])
    expect(config.code).toEqual(['load_module modules/x.so'])
  })
  test('the set to compare holds the certificate and no digest of the key', () => {
    const paths = effectiveSet(config, SITE, NO_SECRETS).map(({ path }) => path)
    expect(paths).toContain('/etc/tls/c.pem')
    expect(paths).not.toContain('/etc/tls/k.pem')
  })
  test('S8 a file that the inventory calls secret, by this or another name of it, is named by the key alone', () => {
    const file = (path: string, secret: boolean) =>
      ({ path, kind: 'nginx', secret, activation: 'reload', keep: 'proof' }) as const
    const policy = policyOf()
    const declared = (secret: boolean) => ({
      ...policy,
      services: policy.services.map((one) => ({
        ...one,
        files: [file('/etc/nginx/sites-enabled/shop', secret), file('/etc/nginx/x.map', secret)],
      })),
    })
    const keyed = (bytes: Uint8Array) => `keyed ${Buffer.from(bytes).toString('utf8').length}`
    const digests = (secret: boolean) => {
      const secrets = secretFilesOf({ policy: declared(secret), keyed }, SITE)
      return new Map(effectiveSet(config, SITE, secrets).map(({ path, digest }) => [path, String(digest)]))
    }
    const open = digests(false)
    const closed = digests(true)
    expect([...closed.keys()]).toEqual([...open.keys()])
    for (const path of ['/etc/nginx/sites-available/shop', '/etc/nginx/x.map']) {
      expect(open.get(path)).toMatch(/^[0-9a-f]{64}$/)
      expect(closed.get(path)).toMatch(/^keyed/)
    }
    expect(closed.get('/etc/nginx/nginx.conf')).toBe(open.get('/etc/nginx/nginx.conf'))
  })
  test('a missing include and a syntax fault are told with file and line', () => {
    const broken = readNginx(
      tree({ '/etc/nginx/nginx.conf': 'a;\ninclude gone.conf;\ninclude b;\n', '/etc/nginx/b': 'x {\n' }),
      PATHS,
    )
    expect(broken.problems.map(({ code, path, line }) => [code, path, line])).toEqual([
      ['nginx.include_missing', '/etc/nginx/nginx.conf', 2],
      ['nginx.syntax', '/etc/nginx/b', 2],
    ])
  })
  test('files that include each other end as a problem', () => {
    const round = readNginx(tree({ '/etc/nginx/nginx.conf': 'include nginx.conf;' }), PATHS)
    expect(round.problems.map(({ code }) => code)).toEqual(['nginx.too_many_files'])
  })
  test('changes show in the reading: added by a glob, removed, replaced', () => {
    const file = (text: string) =>
      ({ kind: 'file', bytes: Buffer.from(text), mode: 0o644, uid: 0, gid: 0 }) as const
    const after = readNginx(
      withChanges(SITE, [
        { path: '/etc/nginx/conf.d/b.conf', after: file('server { listen 99; }') },
        { path: '/etc/nginx/sites-enabled/shop', after: { kind: 'absent' } },
      ]),
      PATHS,
    )
    expect(after.listens.map(({ port }) => port)).toEqual([99])
  })
})

test('reading any tree of rubbish ends with a value', () => {
  const text = fc
    .array(
      fc.constantFrom(
        'include ',
        'nginx.conf',
        'b*',
        ';',
        '{',
        '}',
        ' ',
        'http',
        'listen ',
        '"',
        '\n',
        '[a-',
      ),
      { maxLength: 40 },
    )
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, text, (main, other) => {
      readNginx(
        tree({ '/etc/nginx/nginx.conf': main, '/etc/nginx/b1': other, '/etc/nginx/b2': { link: 'b2' } }),
        PATHS,
      )
    }),
    { numRuns: 300 },
  )
})
