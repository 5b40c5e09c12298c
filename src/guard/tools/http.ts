// Clients of HTTP: what they fetch, what they send, and the methods that change something over there.
import { type Arguments, readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { FROM_NETWORK, FROM_PROGRAM, follow, NOTHING, originsOf, type Stream } from '../stream.ts'
import { fieldFor, type Tool, touch } from '../tool.ts'
import { after, COMPONENT, concat, literal, prefix, type Value } from '../value.ts'
import { askEngine } from './engine-api.ts'
import { sqlIn } from './hosted-sql.ts'
import { runOption } from './options.ts'

/** Something is asked of a server; `body` is what it is asked with. */
export function request(call: Call, url: Field, method: string | undefined, body = ''): void {
  call.shell.emit(
    {
      verb: 'net.mutate',
      on: { kind: 'url', url: url.value, method: method ?? 'GET' },
      ...(body === '' ? {} : { note: body.slice(0, 2_000) }),
    },
    url.span,
  )
}

/** Any word may carry out what an unknown part of it was read from. */
function sendWords(call: Call, words: readonly Field[], to: Value): void {
  for (const { value, span } of words) {
    const origins = originsOf(value)
    if (origins.length > 0) call.shell.upload({ origins }, span, to)
  }
}

/** Sends a file, or the standard input where it is `-`. */
function sendFile(call: Call, file: Field, to: Value): void {
  if (literal(file.value) === '-' || literal(file.value) === '/dev/stdin') {
    for (const value of call.stdin.texts ?? []) sendHeld(call, value, file.span, to)
    call.shell.upload(call.stdin, file.span, to)
    return
  }
  touch(call, 'path.read', file)
  const paths = call.shell.paths(file.value)
  call.shell.upload(call.shell.contents(paths), file.span, to)
  for (const one of paths) {
    const others = call.shell.aliased(one)
    if (others.length > 0) call.shell.upload(call.shell.contents(others), file.span, to)
  }
}

/** Under these names a secret is sent to whoever knows it already: to log in, to sign, to ask for another one. */
const CREDENTIAL = /key|token|secret|pass|pwd|auth|cred|sign|assert|code|client|pin|otp/i

/**
 * A client of HTTP sends a token with each request, and a password to log in. Where a secret out of the environment is all that is sent,
 * and not as one, it is carried out.
 */
function sendHeld(call: Call, value: Value, span: Field['span'], to: Value): void {
  if (/^(?:https?:\/\/)?(?:localhost|127\.|\[::1\])/.test(prefix(to))) return
  const name = /^([\w.-]+)=/.exec(prefix(value))?.[1]
  if (name !== undefined && CREDENTIAL.test(name)) return
  const rest = name === undefined ? value : (after(value, `${name}=`) ?? [])
  const isAll = rest.every((piece) => typeof piece !== 'string' || /^\s*$/.test(piece))
  if (isAll && originsOf(rest).some(({ from }) => from === 'variable'))
    call.shell.upload({ origins: originsOf(rest) }, span, to, true)
}

/** What is fetched goes into a file. */
export function receive(call: Call, file: Field, stream: Stream = FROM_NETWORK): void {
  touch(call, 'path.write', file)
  call.shell.remember(call.shell.paths(file.value), stream, false)
}

/** The name that a download gets from its address. */
function nameIn(url: Value): Value {
  const source = literal(url)
  if (source === undefined) return ['download.', COMPONENT]
  const name = source
    .replace(/[?#].*$/, '')
    .replace(/^[a-z]+:\/\/[^/]*/i, '')
    .split('/')
    .at(-1)
  return name === undefined || name === '' ? ['index.html'] : [name]
}

const FORMS = 'F form'
const BODIES = 'd data data-ascii data-binary data-urlencode json'

/** `--next` begins another request, with options of its own. */
const curl: NonNullable<Tool['act']> = (call, args) => {
  const at = call.args.findIndex(({ value }) => /^(?:--next|-:)$/.test(literal(value) ?? ''))
  if (at === -1) return once(call, args)
  const rest = { ...call, args: call.args.slice(at + 1) }
  const first = once(call, readArguments(call.args.slice(0, at), CURL))
  const others = curl(rest, readArguments(rest.args, CURL), CURL) ?? NOTHING
  return follow(first, others)
}

function once(call: Call, args: Arguments): Stream {
  const { shell } = call
  const urls = [...args.operands, ...args.values('url')]
  const [first = fieldFor(call, [])] = urls
  const to = first.value
  for (const file of args.values(
    'c cookie-jar D dump-header trace trace-ascii stderr libcurl hsts alt-svc etag-save',
  ))
    if (literal(file.value) !== '-' && literal(file.value) !== '%') touch(call, 'path.write', file)
  for (const file of args.values(
    'K config E cert key netrc-file cacert crlfile etag-compare ssl-sessions random-file proxy-cert proxy-key proxy-cacert proxy-crlfile pubkey knownhosts',
  ))
    if (literal(file.value) !== '-') touch(call, 'path.read', file)
  // A cookie without `=` is a file of them; addresses, variables and what is put behind an address may stand in a file too.
  for (const file of args.values('b cookie')) if (!prefix(file.value).includes('=')) sendFile(call, file, to)
  for (const field of args.values('url w write-out'))
    if (prefix(field.value).startsWith('@')) touch(call, 'path.read', cut(field, '@'))
  for (const field of args.values('variable url-query')) {
    const match = /^[^@=]*@/.exec(prefix(field.value))
    if (match !== null) sendFile(call, cut(field, match[0]), to)
  }
  for (const { value, ...field } of args.values('w write-out'))
    for (const [, name] of (literal(value) ?? '').matchAll(/%output\{(?:>>)?([^}]*)\}/g))
      if (name !== undefined) touch(call, 'path.write', { ...field, value: [name] })
  if (
    args
      .values('K config')
      .some(({ value }) => (literal(value) === '-' ? call.stdin.texts === undefined : true)) &&
    urls.length === 0
  )
    shell.emit({ verb: 'net.download', on: { kind: 'url', url: [{ wild: 'any' }] } }, call.span)
  sendWords(call, call.args, to)
  for (const { value, span } of args.values(`${BODIES} ${FORMS} data-raw form-string`))
    sendHeld(call, value, span, to)
  let body = ''
  const encodes = args.has('data-urlencode')
  for (const field of args.values(BODIES)) body += ` ${bodyOf(call, field, to, encodes)}`
  for (const field of args.values('data-raw form-string')) body += ` ${literal(field.value) ?? ''}`
  for (const field of [...urls, ...args.values(`${BODIES} data-raw url-query`)]) sqlIn(call, field)
  if (args.values(BODIES).some(({ value }) => /^@-?$/.test(literal(value) ?? '')))
    for (const value of call.stdin.texts ?? []) sqlIn(call, fieldFor(call, value))
  for (const field of args.values(FORMS)) {
    formOf(call, field, to)
    body += ` ${literal(field.value) ?? ''}`
  }
  for (const field of args.values('H header proxy-header'))
    if (prefix(field.value).startsWith('@')) sendFile(call, cut(field, '@'), to)
  for (const field of args.values('T upload-file')) sendFile(call, field, to)
  for (const field of args.values('Q quote prequote postquote'))
    if (
      /^[-+*]?\s*(?:DELE|RMD|RNFR|RNTO|MKD|SITE|STOR|APPE|rm|rmdir|rename|chmod|chown|ln|mkdir|symlink)\b/i.test(
        literal(field.value) ?? 'DELE',
      )
    )
      request(call, first, 'FTP')
  const method = overridden(args.values('H header')) ?? methodOf(args)
  const socket = args.value('unix-socket')
  for (const url of urls)
    if (
      !askEngine(call, socket, url, method, body) &&
      ((method !== 'GET' && method !== 'HEAD') || asksForAct(url))
    )
      request(call, url, method, body)
  return fetched(call, args, urls)
}

/** `X-HTTP-Method-Override: DELETE`: what the server takes for the method. */
function overridden(headers: readonly Field[]): string | undefined {
  for (const { value } of headers) {
    const found = /^X-(?:HTTP-)?Method(?:-Override)?:\s*([A-Za-z]+)/i.exec(prefix(value))?.[1]
    if (found !== undefined) return found.toUpperCase()
  }
  return undefined
}

/** `?action=DELETE&name=x`: what is asked for stands in the address, whatever the method is. */
const asksForAct = ({ value }: Field): boolean =>
  /[?&](?:action|cmd|command|op|operation|_?method|do)=(?:\w*_)?(?:delete|remove|drop|destroy|purge|unload|terminate|shutdown|stop|restart|reboot|kill|wipe|truncate|flush|disable|reset)/i.test(
    prefix(value),
  )

function methodOf(args: Arguments): string {
  const given = args.value('X request')
  if (given !== undefined) return (literal(given.value) ?? 'ANY').toUpperCase()
  if (args.has('T upload-file')) return 'PUT'
  if (args.has('I head')) return 'HEAD'
  if (args.has('G get')) return 'GET'
  return args.has(`${BODIES} ${FORMS} data-raw form-string`) ? 'POST' : 'GET'
}

function bodyOf(call: Call, field: Field, to: Value, encodes: boolean): string {
  const start = prefix(field.value)
  if (start.startsWith('@')) sendFile(call, cut(field, '@'), to)
  else if (encodes) {
    const match = /^[\w.-]*@/.exec(start)
    if (match !== null) sendFile(call, cut(field, match[0]), to)
  }
  return literal(field.value) ?? start
}

/** `name=@file;type=…`, `name=<file`. */
function formOf(call: Call, field: Field, to: Value): void {
  const start = prefix(field.value)
  const match = /^[^=]*=[@<]/.exec(start)
  if (match === null) return
  const file = cut(field, match[0])
  const plain = literal(file.value)
  sendFile(
    call,
    plain === undefined
      ? file
      : { ...file, value: [(plain.split(';')[0] ?? plain).replace(/^"(.*)"$/, '$1')] },
    to,
  )
}

const cut = (field: Field, start: string): Field => ({ ...field, value: after(field.value, start) ?? [] })

function fetched(call: Call, args: Arguments, urls: readonly Field[]): Stream {
  const local = urls.map(({ value }) => /^file:\/\/(?:localhost)?(\/.*)$/i.exec(literal(value) ?? '')?.[1])
  let stream: Stream = FROM_NETWORK
  const [path] = local
  if (path !== undefined) {
    const field: Field = fieldFor(call, [path])
    touch(call, 'path.read', field)
    stream = call.shell.contents(call.shell.paths(field.value))
  }
  const directory = args.value('output-dir')?.value
  const inDirectory = (name: Value): Value =>
    directory === undefined ? name : concat(directory, ['/'], name)
  const outputs = args.values('o output')
  let isFile = false
  for (const out of outputs) {
    const plain = literal(out.value)
    if (plain === '-' || plain === '/dev/stdout') continue
    isFile = true
    if (plain !== '/dev/null') receive(call, { ...out, value: inDirectory(out.value) }, stream)
  }
  if (args.has('O remote-name remote-name-all')) {
    isFile = true
    for (const url of urls)
      receive(
        call,
        {
          ...url,
          value: inDirectory(args.has('J remote-header-name') ? ['download.', COMPONENT] : nameIn(url.value)),
          open: false,
        },
        stream,
      )
  }
  return isFile ? NOTHING : stream
}

const CURL = {
  short: 'AbcCdDeEFHKmoPQrtTuUwxXyYz',
  attached: '',
  long: 'abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers config connect-timeout connect-to continue-at cookie cookie-jar create-file-mode crlfile curves data data-ascii data-binary data-raw data-urlencode delegation dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url dump-header ech egd-file engine etag-compare etag-save expect100-timeout form form-string ftp-account ftp-alternative-to-user ftp-method ftp-port ftp-ssl-ccc-mode happy-eyeballs-timeout-ms haproxy-clientip header hostpubmd5 hostpubsha256 hsts interface ip-tos ipfs-gateway json keepalive-cnt keepalive-time key key-type krb libcurl limit-rate local-port login-options mail-auth mail-from mail-rcpt max-filesize max-redirs max-time netrc-file noproxy oauth2-bearer output output-dir parallel-max pass pinnedpubkey postquote preproxy prequote proto proto-default proto-redir proxy proxy-cacert proxy-capath proxy-cert proxy-cert-type proxy-ciphers proxy-crlfile proxy-header proxy-key proxy-key-type proxy-pass proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword proxy-tlsuser proxy-user proxy1.0 pubkey quote random-file range rate referer request request-target resolve retry retry-delay retry-max-time sasl-authzid service-name socks4 socks4a socks5 socks5-gssapi-service socks5-hostname speed-limit speed-time stderr telnet-option tftp-blksize time-cond tls-max tls13-ciphers ssl-sessions knownhosts tlsauthtype tlspassword tlsuser trace trace-ascii trace-config unix-socket upload-file url url-query user user-agent variable vlan-priority write-out',
  flags:
    'help version manual head get include insecure location silent show-error verbose fail remote-name remote-name-all remote-header-name compressed netrc',
  harmless: 'help version manual h V M',
} as const

const wget: NonNullable<Tool['act']> = (call, args) => {
  const urls = args.operands
  const [first = fieldFor(call, [])] = urls
  const to = first.value
  for (const file of args.values('i input-file load-cookies certificate private-key ca-certificate config'))
    if (literal(file.value) !== '-') touch(call, 'path.read', file)
  for (const file of args.values('o output-file a append-output save-cookies rejected-log hsts-file'))
    if (literal(file.value) !== '-') touch(call, 'path.write', file)
  for (const file of args.values('warc-file'))
    touch(call, 'path.write', { ...file, value: concat(file.value, ['.warc.gz']) })
  for (const file of args.values('warc-tempdir')) touch(call, 'path.create', file, { note: 'unpacked' })
  for (const file of args.values('crl-file egd-file random-file pinnedpubkey warc-dedup'))
    touch(call, 'path.read', file)
  for (const code of args.values('use-askpass')) runOption(call, code, 'program')
  for (const code of args.values('e execute')) {
    const askpass = /use_?askpass\s*=\s*(.*)$/i.exec(literal(code.value) ?? '')
    if (askpass?.[1] !== undefined) runOption(call, { ...code, value: [askpass[1]] }, 'program')
  }
  sendWords(call, call.args, to)
  for (const file of args.values('post-file body-file')) sendFile(call, file, to)
  for (const { value, span } of args.values('post-data body-data')) sendHeld(call, value, span, to)
  const given = args.value('method')
  const body = args
    .values('post-data body-data')
    .map(({ value }) => literal(value) ?? '')
    .join(' ')
  const meant =
    given === undefined
      ? args.has('post-data post-file')
        ? 'POST'
        : 'GET'
      : (literal(given.value) ?? 'ANY').toUpperCase()
  const method = overridden(args.values('header')) ?? meant
  for (const url of urls)
    if ((method !== 'GET' && method !== 'HEAD') || asksForAct(url)) request(call, url, method, body)
  if (args.has('spider')) return NOTHING
  const out = args.value('O output-document')
  if (out !== undefined) {
    if (literal(out.value) === '-' || literal(out.value) === '/dev/stdout') return FROM_NETWORK
    if (literal(out.value) !== '/dev/null') receive(call, out)
    return NOTHING
  }
  const directory = args.value('P directory-prefix')?.value
  for (const url of urls)
    receive(call, {
      ...url,
      value: directory === undefined ? nameIn(url.value) : concat(directory, ['/'], nameIn(url.value)),
      open: false,
    })
  return NOTHING
}

const METHOD = /^(?:[A-Z]+|get|post|put|delete|patch|head|options)$/

/** httpie and xh: `http [METHOD] URL [ITEM…]`. */
const httpie: NonNullable<Tool['act']> = (call, args) => {
  const [one, ...rest] = args.operands
  const given = one === undefined ? undefined : literal(one.value)
  const hasMethod = given !== undefined && METHOD.test(given) && rest.length > 0
  const [url, ...items] = hasMethod ? rest : args.operands
  if (url === undefined || args.has('offline')) return NOTHING
  sendWords(call, call.args, url.value)
  for (const { value, span } of [...items, ...args.values('raw')]) sendHeld(call, value, span, url.value)
  let hasBody = false
  let body = args
    .values('raw')
    .map(({ value }) => literal(value) ?? '')
    .join(' ')
  for (const item of items) {
    const start = prefix(item.value)
    const match = /^[^:=@\s]*(?:(:=@|=@|@)|(:=|==|=|:))/.exec(start)
    if (match?.[1] !== undefined)
      sendFile(call, { ...item, value: after(item.value, match[0]) ?? [] }, url.value)
    if (match?.[1] !== undefined || match?.[2] === '=' || match?.[2] === ':=') hasBody = true
    body += ` ${start}`
  }
  if (!args.has('I ignore-stdin') && call.stdin.origins.length > 0)
    call.shell.upload(call.stdin, call.span, url.value)
  const method = hasMethod ? given.toUpperCase() : hasBody || args.has('raw') ? 'POST' : 'GET'
  if ((method !== 'GET' && method !== 'HEAD') || asksForAct(url)) request(call, url, method, body)
  const out = args.value('o output')
  if (out === undefined)
    return args.has('d download')
      ? (receive(call, { ...url, value: nameIn(url.value), open: false }), NOTHING)
      : FROM_NETWORK
  receive(call, out)
  return NOTHING
}

const HTTPIE = {
  short: 'opasPA',
  flags:
    'json form multipart compress headers body verbose meta all quiet stream download continue offline ignore-stdin follow check-status path-as-is traceback debug help version manual http2 http3 https curl',
  long: 'output print auth auth-type style pretty session session-read-only proxy timeout max-redirects verify cert cert-key ssl ciphers format-options default-scheme raw response-charset response-mime boundary bearer resolve interface',
} as const

/** Downloads by other names: an address, and a file. */
const download: NonNullable<Tool['act']> = (call, args) => {
  const directory = args.value('d dir')?.value
  const out = args.value('o out output')
  for (const code of args.values(
    'on-download-complete on-download-start on-bt-download-complete on-download-error',
  ))
    runOption(call, code, 'program')
  for (const file of args.values('i input-file'))
    if (literal(file.value) !== '-') touch(call, 'path.read', file)
  const [url] = args.operands
  const name = out?.value ?? (url === undefined ? undefined : nameIn(url.value))
  if (name !== undefined)
    receive(call, fieldFor(call, directory === undefined ? name : concat(directory, ['/'], name)))
  return FROM_PROGRAM
}

export const HTTP: readonly Tool[] = [
  { names: 'curl curlie', ...CURL, act: curl },
  {
    names: 'wget wget2',
    short: 'oaeiBtOTwQPDUlARIX',
    attached: 'n',
    long: 'output-file append-output execute input-file base tries output-document start-pos timeout dns-timeout connect-timeout read-timeout wait waitretry quota limit-rate bind-address local-encoding remote-encoding user password user-agent header method body-data body-file post-data post-file referer load-cookies save-cookies directory-prefix level accept reject accept-regex reject-regex domains exclude-domains include-directories exclude-directories certificate certificate-type private-key private-key-type ca-certificate ca-directory use-askpass proxy-user proxy-password http-user http-password ftp-user ftp-password restrict-file-names default-page cut-dirs config max-redirect compression progress prefer-family protocol-directories rejected-log hsts-file warc-file warc-tempdir warc-header warc-max-size warc-dedup crl-file egd-file random-file pinnedpubkey',
    flags:
      'spider quiet verbose continue recursive mirror no-clobber timestamping server-response no-check-certificate',
    harmless: 'help version h V',
    act: wget,
  },
  {
    // The one of FreeBSD.
    names: 'fetch',
    short: 'BchfioNSTw',
    act: (call, args) => {
      sendWords(call, call.args, [])
      const [url] = args.operands
      const out = args.value('o output')
      if (out !== undefined && literal(out.value) === '-') return FROM_NETWORK
      if (out !== undefined) receive(call, out)
      // The word is a verb of many tools as well: without a file that is named, what is written is nobody's to judge.
      else if (url !== undefined)
        call.shell.remember(call.shell.paths(nameIn(url.value)), FROM_NETWORK, false)
      return NOTHING
    },
  },
  { names: 'http https xh xhs', ...HTTPIE, harmless: 'help version', act: httpie },
  {
    names: 'aria2c axel',
    short: 'doijskxmS',
    long: 'dir out input-file on-download-complete on-download-start on-download-error on-bt-download-complete log',
    act: download,
  },
  {
    // `certutil -urlcache -f URL FILE`
    names: 'certutil',
    harmless: '-',
    act: (call) => {
      const words = call.args.filter(({ value }) => !/^[-/]\w+$/.test(literal(value) ?? ''))
      const fetches = call.args.some(({ value }) => /^[-/](?:urlcache|URL)$/i.test(literal(value) ?? ''))
      if (fetches && words[1] !== undefined) receive(call, words[1])
      return FROM_PROGRAM
    },
  },
  {
    names: 'lwp-download',
    act: (call, args) => {
      sendWords(call, call.args, [])
      const [url, file] = args.operands
      if (url !== undefined) receive(call, file ?? { ...url, value: nameIn(url.value), open: false })
      return NOTHING
    },
  },
  {
    names: 'GET lwp-request lynx w3m links elinks',
    short: 'HCmPEITo',
    long: 'cfg cookie_file post_data cmd_script width',
    style: 'words',
    writes: 'network',
    act: (call, args) => {
      sendWords(call, call.args, [])
      // What is no address is a file of this host.
      let local = false
      for (const { value, ...field } of args.operands) {
        const path = after(value, 'file://localhost') ?? after(value, 'file://') ?? value
        const isHere = path !== value || /^(?:[./~]|[\w-]+$|\.)/.test(prefix(value))
        if (!isHere || /^[a-z]+:/i.test(prefix(path))) continue
        local = true
        touch(call, 'path.read', { ...field, value: path })
      }
      return local
        ? {
            origins: args.operands.flatMap(
              ({ value }) => call.shell.contents(call.shell.paths(value)).origins,
            ),
          }
        : FROM_NETWORK
    },
  },
]
