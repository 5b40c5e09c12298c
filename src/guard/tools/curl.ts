// curl: forms and bodies, methods that are overridden, several requests on one line.
import { type Arguments, readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { FROM_NETWORK, follow, NOTHING, type Stream } from '../stream.ts'
import { fieldFor, type Tool, touch } from '../tool.ts'
import { after, COMPONENT, concat, literal, prefix, type Value } from '../value.ts'
import { askEngine } from './engine-api.ts'
import { sqlIn } from './hosted-sql.ts'
import {
  asksForAct,
  nameIn,
  overridden,
  receive,
  request,
  sendFile,
  sendHeld,
  sendWords,
} from './requests.ts'

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

export const CURL_TOOL: Tool = { names: 'curl curlie', ...CURL, act: curl }
