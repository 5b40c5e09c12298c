// Copies to and from other hosts, and commands that run there.
import type { Arguments } from '../arguments.ts'
import { runStream, runText } from '../builtins.ts'
import type { Field } from '../fields.ts'
import { ROOT, resolve } from '../path.ts'
import { joined, sourceOf } from '../printing.ts'
import type { Call, Shell } from '../shell.ts'
import { FROM_NETWORK, FROM_PROGRAM, gathered, NOTHING, type Stream } from '../stream.ts'
import { fieldFor, type Tool, touch } from '../tool.ts'
import { after, COMPONENT, concat, literal, prefix, split, type Value } from '../value.ts'
import { linked } from './archives.ts'
import { runOption } from './options.ts'
import { expose } from './tunnels.ts'

/** `-o ProxyCommand=…` and the other settings of ssh that are commands. */
function sshOptions(call: Call, args: Arguments): void {
  for (const { value, ...field } of args.values('o')) {
    const match = /^\s*(ProxyCommand|LocalCommand|KnownHostsCommand)[\s=]+/i.exec(prefix(value))
    if (match === null) continue
    const code = after(value, match[0]) ?? []
    if (literal(code) !== 'none') runOption(call, { ...field, value: code }, 'shell')
  }
  for (const file of args.values('i F')) void file
}

const HOME_THERE = resolve(['/home/', COMPONENT], ROOT)

/** A shell on another host: its paths are that host's. */
function there(call: Call, host: Value): Shell {
  const { shell } = call
  return shell.fork({
    host: literal(host) ?? 'unknown',
    cwd: [HOME_THERE],
    via: [...shell.state.via, 'ssh'],
    files: new Map(),
    links: [],
    functions: new Map(),
    aliases: new Map(),
  })
}

/** `0.0.0.0:8080:inside:80`, `*:1080`, `:8080:inside:80`. */
const EVERYBODY = /^(?:\s*\w+Forward[\s=]+)?(?:0\.0\.0\.0|\*|\[::\])?[:/]\d/

const SSH = { short: 'BbcDEeFIiJLlmOopQRSWwP', style: 'posix' } as const

const ssh: NonNullable<Tool['act']> = (call, args) => {
  sshOptions(call, args)
  if (args.has('V Q G')) return FROM_PROGRAM
  const [host, ...words] = args.operands
  if (host === undefined) return FROM_PROGRAM
  // A port over there that leads to here: whoever reaches that host reaches what is behind it.
  for (const field of [
    ...args.values('R'),
    ...args.values('o').filter(({ value }) => /^\s*RemoteForward[\s=]/i.test(prefix(value))),
  ])
    expose(call, field)
  // A port of this machine for everybody in its network.
  for (const field of [
    ...args.values('L D'),
    ...args.values('o').filter(({ value }) => /^\s*(?:Local|Dynamic)Forward[\s=]/i.test(prefix(value))),
  ])
    if (args.has('g') || EVERYBODY.test(prefix(field.value))) expose(call, field)
  const remote = args
    .values('o')
    .map(({ value }) => /^\s*RemoteCommand[\s=]+(.*)$/i.exec(literal(value) ?? '')?.[1])
    .find((one) => one !== undefined)
  const child = there(call, host.value)
  const stdin: Stream = args.has('n f') ? NOTHING : call.stdin
  const inner: Call = { ...call, shell: child, stdin }
  // Options may stand behind the host too.
  if (words.length > 0 || remote !== undefined) {
    if (!args.has('n f')) call.shell.upload(stdin, call.span, host.value)
    runText(
      { ...inner, span: words[0]?.span ?? call.span },
      remote === undefined ? joined(words) : [remote],
      stdin,
    )
  } else if (!args.has('N n f')) runStream(inner, stdin, host)
  return FROM_NETWORK
}

/** `host:path`, `user@host:path`, `rsync://host/path`. Undefined for a local path. */
function remoteOf(value: Value): { readonly host: Value; readonly path: Value } | undefined {
  const start = prefix(value)
  const url = /^(?:rsync|scp|sftp):\/\/([^/]+)(\/?)/.exec(start)
  if (url !== null)
    return {
      host: [url[1] ?? ''],
      path: after(value, url[0].slice(0, url[0].length - (url[2]?.length ?? 0))) ?? [],
    }
  const [before, ...rest] = split(value, ':')
  if (before === undefined || rest.length === 0) return undefined
  if (before.length === 0 || before.some((piece) => typeof piece === 'string' && piece.includes('/')))
    return undefined
  // A drive letter of another system is a path.
  if (/^[A-Za-z]:[\\/]/.test(start)) return undefined
  return { host: before, path: concat(...rest.map((one, i) => (i === 0 ? one : concat([':'], one)))) }
}

interface Transfer {
  readonly recursive: boolean
  /** Files that the target has and the source has not are deleted. */
  readonly mirrors?: boolean
  readonly dry?: boolean
  readonly removes?: boolean
}

const leaf = (value: Value): Value => {
  const name = literal(value)
    ?.replace(/\/+\.?$/, '')
    .split('/')
    .at(-1)
  return name === undefined || name === '' || name === '.' ? [] : [name]
}

function transfer(
  call: Call,
  operands: readonly Field[],
  { recursive, mirrors, dry, removes }: Transfer,
): void {
  if (dry === true || operands.length < 2) return
  const target = operands.at(-1) as Field
  const sources = operands.slice(0, -1)
  const remote = remoteOf(target.value)
  const at: Call = remote === undefined ? call : { ...call, shell: there(call, remote.host) }
  const field: Field =
    remote === undefined ? target : { ...target, value: remote.path.length === 0 ? ['.'] : remote.path }
  if (mirrors === true) touch(at, 'path.delete', field, { recursive: true, reversible: 'no', note: 'mirror' })
  touch(at, 'path.write', field)
  for (const source of sources) {
    const from = remoteOf(source.value)
    if (from !== undefined) {
      const far: Call = { ...call, shell: there(call, from.host) }
      const what: Field = { ...source, value: from.path.length === 0 ? ['.'] : from.path }
      touch(far, 'path.read', what, recursive ? { recursive, note: 'carried' } : {})
      if (removes === true) touch(far, 'path.delete', what, { recursive })
      if (remote !== undefined) continue
      const names = leaf(from.path)
      const ends = [
        ...call.shell.paths(target.value),
        ...(names.length === 0 ? [] : call.shell.paths(concat(target.value, ['/'], names))),
      ]
      call.shell.remember(ends, FROM_NETWORK, false)
      continue
    }
    touch(call, 'path.read', source, recursive ? { recursive } : {})
    if (removes === true) touch(call, 'path.delete', source, { recursive })
    const held = call.shell.contents(call.shell.paths(source.value), recursive)
    const origins = recursive ? gathered(held.origins, linked(call, source)) : held.origins
    if (remote === undefined) {
      const names = leaf(source.value)
      call.shell.remember(
        [
          ...call.shell.paths(target.value),
          ...(names.length === 0 ? [] : call.shell.paths(concat(target.value, ['/'], names))),
        ],
        held,
        false,
      )
      // A whole tree onto a directory: the one in it that has its name.
      if (recursive && names.length > 0 && !/\/\.?$/.test(literal(source.value) ?? ''))
        touch(call, 'path.write', { ...target, value: concat(target.value, ['/'], names) }, { recursive })
      else if (recursive) touch(call, 'path.create', target, { note: 'unpacked' })
    } else {
      call.shell.upload({ origins }, source.span, target.value)
      for (const one of call.shell.paths(source.value))
        call.shell.upload(call.shell.contents(call.shell.aliased(one)), source.span, target.value)
    }
  }
}

const scp: NonNullable<Tool['act']> = (call, args) => {
  sshOptions(call, args)
  for (const code of args.values('S')) runOption(call, code, 'program')
  transfer(call, args.operands, { recursive: args.has('r') })
  return NOTHING
}

const rsync: NonNullable<Tool['act']> = (call, args) => {
  for (const code of args.values('e rsh')) runOption(call, code, 'words')
  for (const code of args.values('rsync-path')) {
    const source = literal(code.value)
    if (source === undefined || /[\s;&|]/.test(source))
      runText({ ...call, shell: there(call, ['remote']) }, code.value, NOTHING)
  }
  for (const file of args.values('files-from exclude-from include-from password-file'))
    if (literal(file.value) !== '-') touch(call, 'path.read', file)
  for (const file of args.values('log-file')) touch(call, 'path.write', file)
  const recursive = args.has('r a recursive archive')
  const mirrors = args.options.some(
    ({ name }) => name === 'del' || /^delete(?:$|-(?:before|during|delay|after|excluded))/.test(name),
  )
  transfer(call, args.operands, {
    recursive:
      recursive ||
      mirrors ||
      args.operands.slice(0, -1).some(({ value }) => (literal(value) ?? '').endsWith('/')),
    mirrors,
    dry: args.has('n dry-run list-only'),
    removes: args.has('remove-source-files remove-sent-files'),
  })
  return FROM_PROGRAM
}

/** sftp(1), ftp(1), lftp(1): the words with which a line begins. */
const VERBS =
  /^-?(?:m?put|reput|send|append|m?get|reget|recv|mirror|m?rm|m?delete|glob|rmdir|l?cd|l?ls|l?pwd|l?mkdir|chmod|chown|chgrp|ln|symlink|rename|binary|ascii|open|user|prompt|bye|exit|quit)$/i

/** The commands of sftp, ftp and lftp. Whether there are any: what a shell around them reads from the same input is for the shell. */
function commands(call: Call, script: Value, to: Value): boolean {
  let found = false
  for (const line of sourceOf(script).split(/[\n;]/)) {
    const [verb = '', ...words] = line.trim().split(/\s+/)
    if (verb.startsWith('!')) {
      runOption(call, fieldFor(call, [line.trim().slice(1)]), 'shell')
      found = true
      continue
    }
    found ||= VERBS.test(verb)
    const files = words.filter((word) => !word.startsWith('-'))
    const field = (word: string): Field => fieldFor(call, [word])
    const at: Call = { ...call, shell: there(call, to) }
    const recursive = words.some((word) => /^-\w*[rR]/.test(word))
    switch (verb.toLowerCase().replace(/^-/, '')) {
      case 'put':
      case 'mput':
      case 'reput':
      case 'send':
      case 'append':
        for (const file of verb.startsWith('m') ? files : files.slice(0, 1))
          upload(call, field(file), to, recursive)
        break
      case 'get':
      case 'recv':
        if (files[0] !== undefined) {
          const local = field(files[1] ?? (files[0].split('/').at(-1) || files[0]))
          touch(call, 'path.write', local)
          call.shell.remember(call.shell.paths(local.value), FROM_NETWORK, false)
        }
        break
      case 'mirror':
        if (words.some((word) => /^(?:-\w*R|--reverse)/.test(word)))
          upload(call, field(files[0] ?? '.'), to, true)
        if (words.includes('--delete') || words.some((word) => /^-\w*e/.test(word)))
          touch(at, 'path.delete', field(files[1] ?? '.'), { recursive: true, note: 'mirror' })
        break
      case 'rm':
      case 'delete':
      case 'mdelete':
      case 'mrm':
      case 'glob':
      case 'rmdir':
        for (const file of files)
          touch(at, 'path.delete', field(file), { recursive: recursive || verb.startsWith('m') })
        call.shell.emit({ verb: 'net.mutate', on: { kind: 'url', url: to, method: 'DELETE' } }, call.span)
        break
      default:
    }
  }
  return found
}

function upload(call: Call, file: Field, to: Value, recursive: boolean): void {
  touch(call, 'path.read', file, recursive ? { recursive } : {})
  const held = call.shell.contents(call.shell.paths(file.value), recursive)
  call.shell.upload(
    { origins: recursive ? gathered(held.origins, linked(call, file)) : held.origins },
    file.span,
    to,
  )
}

const sftp: NonNullable<Tool['act']> = (call, args) => {
  sshOptions(call, args)
  for (const code of args.values('S')) runOption(call, code, 'program')
  const to = args.operands[0]?.value ?? []
  const batch = args.value('b')
  if (batch !== undefined && literal(batch.value) !== '-') touch(call, 'path.read', batch)
  const stream =
    batch === undefined || literal(batch.value) === '-'
      ? call.stdin
      : call.shell.contents(call.shell.paths(batch.value))
  const isTold = (stream.texts ?? []).map((one) => commands(call, one, to)).some(Boolean)
  for (const one of args.values('c e')) commands(call, one.value, to)
  // `sftp HOST:FILE [HERE]`, `ftp ftp://HOST/FILE`
  const [source, here] = args.operands
  const name =
    source === undefined
      ? undefined
      : /^(?:[\w.@-]+:|[a-z]+:\/\/[^/]+\/).*?([^/:]+)$/i.exec(literal(source.value) ?? '')?.[1]
  if (source !== undefined && name !== undefined && !isTold)
    for (const field of [here ?? { ...source, value: [name] }]) {
      touch(call, 'path.write', field)
      call.shell.remember(call.shell.paths(field.value), FROM_NETWORK, false)
    }
  return FROM_NETWORK
}

const send: NonNullable<Tool['act']> = (call, args) => {
  if (args.word(0) !== 'send' && args.word(0) !== 'push') return FROM_NETWORK
  for (const file of args.operands.slice(1)) upload(call, file, [], true)
  return FROM_PROGRAM
}

/** Mail takes what comes in, and files as attachments. */
const mail: NonNullable<Tool['act']> = (call, args) => {
  const to = args.operands[0]?.value ?? []
  call.shell.upload(call.stdin, call.span, to)
  for (const file of args.values('a A attach')) upload(call, file, to, false)
  return FROM_PROGRAM
}

export const TRANSFER: readonly Tool[] = [
  { names: 'ssh slogin autossh dbclient rsh remsh', ...SSH, act: ssh },
  {
    names: 'mosh',
    style: 'posix',
    long: 'ssh client server',
    act: (call, args) => {
      for (const code of args.values('ssh')) runOption(call, code, 'words')
      const [host, ...all] = args.operands
      const words = literal(all[0]?.value ?? []) === '--' ? all.slice(1) : all
      if (host !== undefined && words.length > 0)
        runText({ ...call, shell: there(call, host.value) }, joined(words))
      return FROM_PROGRAM
    },
  },
  {
    names: 'sshpass',
    short: 'pfde',
    style: 'posix',
    act: (call, args) => {
      const [name, ...words] = args.operands
      return name === undefined ? FROM_PROGRAM : call.shell.start(name, words, call.stdin, call.span)
    },
  },
  {
    names: 'pssh parallel-ssh pdsh clush dsh',
    short: 'hHluptoexgwx',
    style: 'posix',
    act: (call, args) => {
      const end = args.operands.findIndex(({ value }) => literal(value) === '--')
      runText({ ...call, shell: there(call, ['hosts']) }, joined(args.operands.slice(end + 1)), NOTHING)
      return FROM_NETWORK
    },
  },
  {
    names: 'ssh-keygen',
    short: 'bCEFfGIKMmNnOPRrSstVWwYzD',
    act: (call, args) => {
      // A host that is forgotten is trusted anew by whoever answers next.
      const hosts = args.value('R')
      const file = args.value('f') ?? fieldFor(call, ['/home/', COMPONENT, '/.ssh/known_hosts'])
      if (hosts !== undefined) touch(call, 'path.delete', file)
      return FROM_PROGRAM
    },
  },
  {
    names: 'ssh-add',
    short: 'tEsesST',
    act: (call, args) => {
      if (args.has('d D x X e'))
        call.shell.emit({ verb: 'privilege.account', on: { kind: 'program', name: 'ssh-add' } }, call.span)
      return FROM_PROGRAM
    },
  },
  {
    // Whoever needs a ticket has none afterwards.
    names: 'kdestroy',
    short: 'cp',
    act: (call) => {
      call.shell.emit({ verb: 'privilege.account', on: { kind: 'program', name: 'kdestroy' } }, call.span)
      return FROM_PROGRAM
    },
  },
  {
    names: 'ssh-copy-id',
    short: 'ipoF',
    act: (call, args) => {
      const [host] = args.operands
      if (host !== undefined)
        touch({ ...call, shell: there(call, host.value) }, 'path.append', {
          value: ['.ssh/authorized_keys'],
          span: host.span,
          open: false,
        })
      return FROM_PROGRAM
    },
  },
  { names: 'scp', short: 'cDFiJloPSX', act: scp },
  {
    names: 'rsync openrsync',
    short: 'efBTM',
    long: 'rsh rsync-path exclude exclude-from include include-from files-from filter temp-dir partial-dir log-file log-file-format log-format backup-dir suffix compare-dest copy-dest link-dest bwlimit port sockopts password-file out-format chmod chown usermap groupmap max-delete max-size min-size timeout contimeout block-size modify-window info debug compress-level compress-choice checksum-choice skip-compress iconv checksum-seed address protocol read-batch write-batch only-write-batch early-input stop-after stop-at remote-option outbuf',
    act: rsync,
  },
  { names: 'sftp', short: 'bBcDFiJlooPRSs', act: sftp },
  { names: 'ftp lftp ncftp tnftp', short: 'ecufpPg', act: sftp },
  {
    names: 'ncftpput',
    short: 'upP',
    does: [{ do: 'path.read', to: 'butFirst' }],
    act: (call, args) => {
      for (const file of args.operands.slice(2))
        upload(call, file, args.operands[0]?.value ?? [], args.has('R'))
      return NOTHING
    },
  },
  { names: 'wormhole croc', act: send },
  {
    names: 'mail mailx s-nail mutt neomutt sendmail msmtp swaks',
    short: 'asbcrSAiFeH',
    long: 'attach to from server body header',
    act: mail,
  },
]
