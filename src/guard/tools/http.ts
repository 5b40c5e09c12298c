// Clients of HTTP: what they fetch, what they send, and the methods that change something over there.
import { FROM_NETWORK, FROM_PROGRAM, NOTHING } from '../stream.ts'
import { fieldFor, type Tool, touch } from '../tool.ts'
import { after, concat, literal, prefix } from '../value.ts'
import { CURL_TOOL } from './curl.ts'
import { runOption } from './options.ts'
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
  CURL_TOOL,
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
