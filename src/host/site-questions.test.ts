// What is asked of the sites that a change of nginx touches, from configuration texts alone.
import { expect, test } from 'vitest'
import type { FileView } from './file-view.ts'
import { readServers } from './nginx-servers.ts'
import { MAX_ASKED, siteQuestions } from './site-questions.ts'

const MAIN = '/etc/nginx/nginx.conf'
const SITE = '/etc/nginx/conf.d/wiki.conf'
const INCLUDING = 'events {}\nhttp { include conf.d/*.conf; }\n'

/** Files by path; a value that begins with `->` is a link. */
function viewOf(files: Readonly<Record<string, string>>): FileView {
  return {
    look(path) {
      const text = files[path]
      if (text?.startsWith('->')) return { kind: 'link', target: text.slice(2) }
      if (text !== undefined) return { kind: 'file', bytes: Buffer.from(text), mode: 0o644, uid: 0, gid: 0 }
      const below = Object.keys(files).flatMap((one) =>
        one.startsWith(`${path === '/' ? '' : path}/`)
          ? (one.slice(path === '/' ? 1 : path.length + 1).split('/')[0] ?? [])
          : [],
      )
      return below.length === 0 ? undefined : { kind: 'directory', names: [...new Set(below)] }
    },
  }
}

interface Case {
  readonly live?: Readonly<Record<string, string>>
  readonly planned: Readonly<Record<string, string>>
  readonly changed?: readonly string[]
  readonly secret?: readonly string[]
}
const serversOf = (files: Readonly<Record<string, string>>) =>
  readServers(viewOf({ [MAIN]: INCLUDING, ...files }), { main: MAIN, prefix: '/usr/share/nginx' })

function asked({ live, planned, changed = [SITE], secret = [] }: Case) {
  const found = siteQuestions({
    live: serversOf(live ?? planned),
    planned: serversOf(planned),
    changed: new Set(changed),
    main: MAIN,
    isSecret: (path) => secret.includes(path),
  })
  return {
    urls: found.ask.map(({ url }) => url),
    notAsked: found.notAsked.map(({ where, why }) => `${why}: ${where}`),
    ask: found.ask,
  }
}
const site = (text: string) => asked({ planned: { [SITE]: text } })

test('each server name is asked at each prefix location, by the port and TLS of its listen', () => {
  const { urls, ask, notAsked } = site(
    `server { listen 8080; listen 8443 ssl http2; server_name wiki.test www.wiki.test;
       location / { proxy_pass http://127.0.0.1:1; } location ^~ /api/ {} location = /up {} }`,
  )
  expect(urls).toEqual([
    'https://wiki.test:8443/',
    'https://wiki.test:8443/api/',
    'https://wiki.test:8443/up',
    'https://www.wiki.test:8443/',
    'https://www.wiki.test:8443/api/',
    'https://www.wiki.test:8443/up',
  ])
  expect(ask[0]).toMatchObject({ address: '127.0.0.1', port: 8443, tls: true, name: 'wiki.test', path: '/' })
  expect(notAsked).toEqual([])
})

test('usual ports are not written, a server without listen is on port 80, and one without a location is asked at /', () => {
  expect(site('server { server_name a.test; return 301 https://a.test/; }').urls).toEqual(['http://a.test/'])
  expect(site('server { listen 443 ssl; server_name a.test; }').urls).toEqual(['https://a.test/'])
})

test('regex, internal, named and authenticated locations are listed and not asked', () => {
  const { urls, notAsked } = site(
    `server { server_name a.test; location / {} location ~ \\.php$ {} location ~* ^/old {}
       location /hidden/ { internal; } location @back {} location /admin/ { auth_basic "who"; }
       location /token/ { auth_request /check; } }`,
  )
  expect(urls).toEqual(['http://a.test/'])
  expect(notAsked).toEqual([
    'regex: a.test ~ \\.php$',
    'regex: a.test ~* ^/old',
    'internal: a.test /hidden/',
    'internal: a.test @back',
    'authenticated: a.test /admin/',
    'authenticated: a.test /token/',
  ])
})

test('a password of the server holds for its locations, and a location may switch it off', () => {
  const { urls, notAsked } = site(
    'server { server_name a.test; auth_basic "x"; location / {} location /open/ { auth_basic off; } }',
  )
  expect(urls).toEqual(['http://a.test/open/'])
  expect(notAsked).toEqual(['authenticated: a.test /'])
  expect(site('server { server_name a.test; ssl_verify_client on; listen 443 ssl; }').notAsked).toEqual([
    'authenticated: a.test /',
  ])
})

test('a name that stands for many is not asked; a leading dot has one exact name', () => {
  const { urls, notAsked } = site('server { server_name *.a.test ~^b .c.test $hostname; location / {} }')
  expect(urls).toEqual(['http://c.test/'])
  expect(notAsked).toEqual(['name_pattern: *.a.test', 'name_pattern: ~^b', 'name_pattern: $hostname'])
})

test('a server without a name is asked where it is the default, and else not', () => {
  expect(site('server { listen 8080; location / {} }').urls).toEqual(['http://_:8080/'])
  const second = site(
    'server { listen 8080; server_name a.test; location / {} } server { listen 8080; location / {} }',
  )
  expect(second.urls).toEqual(['http://a.test:8080/'])
  expect(second.notAsked).toEqual(['no_name: _ 8080'])
})

test('only loopback is asked: other addresses, unix sockets, datagrams and PROXY lines are listed', () => {
  expect(site('server { listen [::]:80; server_name a.test; }').ask[0]?.address).toBe('::1')
  expect(site('server { listen 127.0.0.2:81; server_name a.test; }').ask[0]?.address).toBe('127.0.0.2')
  expect(site('server { listen localhost:82; server_name a.test; }').ask[0]?.address).toBe('127.0.0.1')
  for (const listen of ['192.0.2.7:80', 'unix:/run/x.sock', '443 quic', '80 proxy_protocol'])
    expect(site(`server { listen ${listen}; server_name a.test; }`)).toMatchObject({
      urls: [],
      notAsked: [`not_on_loopback: a.test ${listen}`],
    })
})

test('only touched servers are asked: by their own file, an included one, a link or a certificate', () => {
  const other = 'server { server_name other.test; }'
  const enabled = '/etc/nginx/conf.d/linked.conf'
  const planned = {
    [SITE]: 'server { server_name wiki.test; include snippets/tls; }',
    '/etc/nginx/snippets/tls': 'ssl_certificate /etc/ssl/wiki.pem;',
    '/etc/nginx/conf.d/other.conf': other,
    [enabled]: '->/etc/nginx/available/linked',
    '/etc/nginx/available/linked': 'server { server_name linked.test; }',
  }
  const urls = (...changed: string[]) => asked({ planned, changed }).urls
  expect(urls(SITE)).toEqual(['http://wiki.test/'])
  expect(urls('/etc/nginx/snippets/tls')).toEqual(['http://wiki.test/'])
  expect(urls('/etc/ssl/wiki.pem')).toEqual(['http://wiki.test/'])
  expect(urls(enabled)).toEqual(['http://linked.test/'])
  expect(urls('/etc/nginx/available/linked')).toEqual(['http://linked.test/'])
  // What no server is made of holds for all, and so does the main file.
  for (const wide of ['/etc/nginx/conf.d/upstream.conf', MAIN]) expect(urls(wide)).toHaveLength(3)
})

test('a removed site is not asked; a socket or location that its name loses is', () => {
  const live = {
    [SITE]: 'server { listen 8443 ssl; server_name wiki.test; location /api/ {} }',
    '/etc/nginx/conf.d/gone.conf': 'server { server_name gone.test; }',
  }
  const planned = { [SITE]: 'server { listen 8080; server_name wiki.test; location / {} }' }
  expect(asked({ live, planned, changed: [SITE, '/etc/nginx/conf.d/gone.conf'] }).urls).toEqual([
    'http://wiki.test:8080/',
    'https://wiki.test:8443/',
    'https://wiki.test:8443/api/',
  ])
})

test('a new site is asked before the change too', () => {
  const planned = { [SITE]: 'server { server_name new.test; location / {} }' }
  expect(asked({ live: {}, planned }).urls).toEqual(['http://new.test/'])
})

test('at most twenty are asked, and the rest is listed', () => {
  const locations = Array.from({ length: 25 }, (_, i) => `location /${i}/ {}`).join(' ')
  const { urls, notAsked } = site(`server { server_name a.test; ${locations} }`)
  expect(urls).toHaveLength(MAX_ASKED)
  expect(notAsked).toHaveLength(26 - MAX_ASKED)
  expect(notAsked.at(-1)).toBe('limit: http://a.test/24/')
})

test('no word of a secret file is named', () => {
  const planned = { [SITE]: 'server { server_name a.test; location /hook-4711/ {} }' }
  expect(asked({ planned, secret: [SITE] })).toMatchObject({ urls: [], notAsked: [`secret: ${SITE}`] })
})

test('servers of stream and mail are not asked, nested locations are, and a path is written as a URL', () => {
  const text = `stream { server { listen 80; } } http { server { server_name a.test; location / { location "/a b?" {} } } }`
  const servers = readServers(viewOf({ [MAIN]: text }), { main: MAIN, prefix: '/' })
  expect(servers).toHaveLength(1)
  const found = siteQuestions({
    live: servers,
    planned: servers,
    changed: new Set([MAIN]),
    main: MAIN,
    isSecret: () => false,
  })
  expect(found.ask.map(({ url }) => url)).toEqual(['http://a.test/', 'http://a.test/a%20b%3F'])
})
