// Pagers, manuals and editors: they read, they write, and many of their options are commands.
import type { Arguments } from '../arguments.ts'
import type { Verb } from '../effect.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { FROM_OUTSIDE, FROM_PROGRAM, type Stream } from '../stream.ts'
import { fieldFor, inputOf, type Tool, touch } from '../tool.ts'
import { after, literal, type Value } from '../value.ts'
import { runOption } from './options.ts'

/** Ex commands: `!cmd`, `r file`, `w file`, `%!cmd`, `source`, `call system('…')`. */
function exCommand(call: Call, field: Field): void {
  const source = literal(field.value)
  if (source === undefined) {
    call.shell.emit({ verb: 'exec.unknown', on: { kind: 'program', name: '' } }, field.span)
    return
  }
  for (const line of source.split(/[\n|]/, 256)) {
    if (line.length > 2_000) {
      call.shell.world.say('unknown code', field.span)
      continue
    }
    const text = line
      .trim()
      .replace(/^[:+]+/, '')
      .replace(/^(?:silent!?|sil!?|noautocmd|keepalt|exe(?:cute)?)\s+/, '')
      .replace(/^["'](.*)["']$/, '$1')
    const bang =
      /^(?:[%\d,$.' ]*|r(?:ead)?\s*|w(?:rite)?\s*|te(?:rminal)?\s*)!\s*(.*)$/.exec(text) ??
      /^te(?:r|rm|rminal)?\s+(.+)$/.exec(text)
    if (bang?.[1] !== undefined) runOption(call, { ...field, value: [bang[1]] }, 'shell')
    const system = /\bsystem(?:list)?\(\s*(["'])(.*?)\1\s*\)/.exec(text)
    if (system?.[2] !== undefined) runOption(call, { ...field, value: [system[2]] }, 'shell')
    // Functions that change files by their names; the last word of `writefile` and of `rename` is one.
    const called = /\b(delete|rename|readfile|writefile)\(\s*(.*)\)\s*$/.exec(text)
    const words = [...(called?.[2] ?? '').matchAll(/(["'])(.*?)\1/g)].map((one) => one[2] ?? '')
    for (const [i, word] of words.entries()) {
      const target: Field = { ...field, value: [word], open: false }
      if (called?.[1] === 'delete' && i === 0)
        touch(call, 'path.delete', target, { recursive: words.length > 1 })
      else if (called?.[1] === 'rename') touch(call, i === 0 ? 'path.move' : 'path.write', target)
      else if (called?.[1] === 'readfile' && i === 0) touch(call, 'path.read', target)
      else if (called?.[1] === 'writefile' && i === words.length - 1) touch(call, 'path.write', target)
    }
    const file =
      /^(?:[%\d,$.']*)\s*(r(?:ead)?|w(?:rite)?|sav(?:eas)?|so(?:urce)?|e(?:dit)?|wq|x|luafile|pyfile)!?\s+(?:>>\s*)?([^!].*)$/.exec(
        text,
      )
    const [, verb, name] = file ?? []
    if (verb !== undefined && name !== undefined) {
      const target: Field = { ...field, value: [name.trim()], open: false }
      touch(call, /^(?:w|sav|x)/.test(verb) ? 'path.write' : 'path.read', target)
    }
    if (/^(?:py(?:thon)?3?x?|lua|perl|ruby|tcl|mz(?:scheme)?)\s+\S/.test(text)) {
      const code = text.slice(text.search(/\s/)).trim()
      const name = text.startsWith('py') ? 'python3' : (/^[a-z]+/.exec(text)?.[0] ?? 'lua')
      const word = (value: string): Field => ({ ...field, value: [value], open: false })
      call.shell
        .fork()
        .start(
          word(name),
          [word(name === 'perl' || name === 'ruby' || name === 'lua' ? '-e' : '-c'), word(code)],
          FROM_PROGRAM,
          field.span,
        )
    }
  }
}

/** Commands of ex or ed that end in a file: the one that is edited, where they name none. */
const WRITES =
  /^(?:[%\d,$.' ;]*|.*\|\s*|:\s*)(?:w(?:q|a|qa|n|rite|all|next)?|x(?:a|it|all)?|up(?:date)?|W|ZZ|exit?)(?:[!?\s].*)?$/m

/** Whether a text of commands may write the file that is edited: one that nobody has seen may. */
function writes(texts: readonly Value[] | undefined): boolean {
  return (
    texts === undefined ||
    texts.some((one) => {
      const plain = literal(one)
      return (
        plain === undefined ||
        plain.length > 4_000 ||
        plain.split('\n').some((line) => WRITES.test(line.trim().slice(0, 200)))
      )
    })
  )
}

/** Files that commands open: what is written later without a name is these. */
function opened(call: Call, commands: readonly Value[]): readonly Field[] {
  return commands.flatMap((one) => {
    const name =
      /^[:\s]*(?:e(?:dit)?|n(?:ext)?|tabe(?:dit)?|sp(?:lit)?|vs(?:plit)?|vie?w?)!?\s+([^\s|]+)/.exec(
        literal(one)?.slice(0, 2_000) ?? '',
      )?.[1]
    return name === undefined ? [] : [fieldFor(call, [name])]
  })
}

/** An editor that somebody starts with the rights of another account is started to write. */
const isPrivileged = (call: Call): boolean =>
  !/^(?:view|less)$/.test(literal(call.name.value) ?? '') &&
  call.shell.state.via.some((one) => /^(?:sudo|doas|run0|pkexec)$/.test(one))

const vim: NonNullable<Tool['act']> = (call, args) => {
  const plus = args.operands.filter(({ value }) => typeof value[0] === 'string' && value[0].startsWith('+'))
  const given = [
    ...plus.map(({ value }) => after(value, '+') ?? value),
    ...args.values('c cmd').map(({ value }) => value),
  ]
  const files = [...args.operands.filter((one) => !plus.includes(one)), ...opened(call, given)]
  for (const one of plus) exCommand(call, one)
  for (const one of args.values('c cmd')) exCommand(call, one)
  for (const script of args.values('S s u')) touch(call, 'path.read', script)
  // In ex or batch mode what comes in is commands.
  const isBatch = args.has('e E es') || literal(call.name.value) === 'ex'
  if (isBatch) for (const one of call.stdin.texts ?? []) exCommand(call, fieldFor(call, one))
  const isWritten =
    (given.length > 0 && writes(given)) ||
    // `-s keys`: what would be typed; with -e it is silence.
    args.has(isBatch ? 'S' : 'S s') ||
    (isBatch && call.stdin !== FROM_OUTSIDE && writes(call.stdin.texts))
  for (const file of files) {
    touch(call, 'path.read', file)
    if (!args.has('R') && (isWritten || isPrivileged(call)))
      touch(call, 'path.write', file, { note: 'edited' })
  }
  return FROM_PROGRAM
}

const ed: NonNullable<Tool['act']> = (call, args) => {
  for (const file of args.operands) {
    touch(call, 'path.read', file)
    if (writes(call.stdin.texts)) touch(call, 'path.write', file, { note: 'edited' })
  }
  for (const one of call.stdin.texts ?? []) exCommand(call, fieldFor(call, one))
  return FROM_PROGRAM
}

/** `less '+!cmd'`, and LESSOPEN from the environment. */
const pager: NonNullable<Tool['act']> = (call, args) => {
  for (const one of args.operands) {
    const [first] = one.value
    if (typeof first === 'string' && first.startsWith('+'))
      exCommand(call, { ...one, value: [first.replace(/^\++/, '')] })
    else touch(call, 'path.read', one)
  }
  for (const out of args.values('o O log-file LOG-FILE')) touch(call, 'path.write', out)
  for (const name of ['LESSOPEN', 'LESSCLOSE'])
    for (const value of call.shell.state.variables.get(name)?.values ?? [])
      runOption(
        call,
        fieldFor(
          call,
          value.map((piece) =>
            typeof piece === 'string' ? piece.replace(/^\|+-?/, '').replaceAll('%s', 'file') : piece,
          ),
        ),
        'shell',
      )
  return inputOf(
    call,
    args.operands.filter(({ value }) => !(typeof value[0] === 'string' && value[0].startsWith('+'))),
  )
}

const man: NonNullable<Tool['act']> = (call, args): Stream => {
  for (const code of args.values('P pager H html preprocessor')) runOption(call, code, 'words')
  for (const file of args.has('l local-file') ? args.operands : args.values('C config-file'))
    touch(call, 'path.read', file)
  return FROM_PROGRAM
}

const TEXT = '"((?:[^"\\\\]|\\\\.)*)"'
/** What functions of Emacs Lisp do to the files that they name. */
const LISP: readonly (readonly [Verb, RegExp])[] = [
  [
    'path.read',
    new RegExp(
      `\\((?:insert-file-contents(?:-literally)?|find-file(?:-noselect|-read-only)?|load(?:-file)?)\\s+${TEXT}`,
      'g',
    ),
  ],
  [
    'path.write',
    new RegExp(`\\((?:write-file|with-temp-file|append-to-file\\s+\\S+\\s+\\S+)\\s+${TEXT}`, 'g'),
  ],
  [
    'path.write',
    new RegExp(
      `\\(write-region\\s+(?:"(?:[^"\\\\]|\\\\.)*"|[^\\s"()]+|\\([^()]*\\))\\s+(?:[^\\s"()]+|\\([^()]*\\))\\s+${TEXT}`,
      'g',
    ),
  ],
  [
    'path.write',
    new RegExp(`\\(find-file\\s+${TEXT}[^]*\\((?:save-buffer|save-some-buffers|basic-save-buffer)\\b`, 'g'),
  ],
  ['path.move', new RegExp(`\\(rename-file\\s+${TEXT}`, 'g')],
  [
    'path.write',
    new RegExp(`\\((?:rename-file|copy-file)\\s+(?:"(?:[^"\\\\]|\\\\.)*"|\\S+)\\s+${TEXT}`, 'g'),
  ],
  ['path.read', new RegExp(`\\(copy-file\\s+${TEXT}`, 'g')],
]

const emacs: NonNullable<Tool['act']> = (call, args: Arguments) => {
  for (const code of args.values('eval execute e')) {
    const source = literal(code.value) ?? ''
    for (const match of source.matchAll(
      /\((?:shell-command(?:-to-string)?|async-shell-command|call-process-shell-command)\s+"((?:[^"\\]|\\.)*)"/g,
    ))
      runOption(call, { ...code, value: [match[1] ?? ''] }, 'shell')
    for (const [verb, pattern] of LISP)
      for (const match of source.slice(0, 20_000).matchAll(pattern))
        for (const name of match.slice(1))
          if (name !== undefined) touch(call, verb, { ...code, value: [name] })
    for (const match of source.matchAll(/\(delete-(?:file|directory)\s+"((?:[^"\\]|\\.)*)"/g))
      touch(
        call,
        'path.delete',
        { ...code, value: [match[1] ?? ''] },
        { recursive: match[0].includes('directory') },
      )
  }
  for (const file of [...args.operands, ...args.values('l load script insert')])
    touch(call, 'path.read', file)
  if (isPrivileged(call) && !args.has('batch'))
    for (const file of args.operands) touch(call, 'path.write', file, { note: 'edited' })
  return FROM_PROGRAM
}

/** `set /files/etc/hosts/…`: paths of files stand below `/files`. */
const augeas: NonNullable<Tool['act']> = (call, args) => {
  const given = args.operands.map(({ value }) => literal(value) ?? '').join(' ')
  const texts = [given, ...(call.stdin.texts ?? []).map((one) => literal(one) ?? '')]
  for (const line of texts.join('\n').split('\n', 256)) {
    const file = /^\s*(?:set|setm|clear|rm|mv|ins|insert|touch|store)\s[^/]{0,80}\/files(\/[^\s[]+)/.exec(
      line,
    )?.[1]
    if (file === undefined) continue
    // Which part of it is the file is known by the lens alone: each directory of it may be.
    for (let at = file.length; at > 1; at = file.lastIndexOf('/', at - 1))
      touch(call, 'path.append', fieldFor(call, [file.slice(0, at)]))
  }
  return FROM_PROGRAM
}

export const EDITORS: readonly Tool[] = [
  {
    // Settings by their keys, written in place.
    names: 'crudini',
    long: 'format output',
    flags: 'set get del merge existing inplace list list-sep verbose help version',
    does: [
      { do: 'path.read', to: 'first' },
      { do: 'path.write', to: 'first', when: 'set del merge', note: 'edited' },
      { do: 'path.write', to: 'option:output' },
    ],
  },
  {
    names: 'xmlstarlet xml',
    style: 'posix',
    sub: {
      'ed edit': {
        style: 'gnu',
        short: 'Nduivxsmatnr',
        long: 'delete update value insert append subnode type name move rename var expr',
        flags: 'inplace pf ps omit-decl',
        act: (call, args) => {
          const file = args.operands.at(-1)
          if (file === undefined) return undefined
          touch(call, 'path.read', file)
          if (args.has('L inplace')) touch(call, 'path.write', file, { note: 'edited' })
          return undefined
        },
      },
      '*': { does: [{ do: 'path.read' }] },
    },
  },
  { names: 'augtool', short: 'rILfotS', long: 'root load-file file', act: augeas },
  {
    names: 'dpkg-divert',
    long: 'divert package admindir instdir root',
    flags: 'add remove list listpackage truename rename no-rename local quiet test',
    does: [{ do: 'path.move', unless: 'list listpackage truename test' }],
  },
  {
    names: 'less more most',
    short: 'bhjkoOpPtTxyzD',
    long: 'buffers max-back-scroll jump-target lesskey-file log-file LOG-FILE pattern prompt tag tag-file tabs max-forw-scroll window shift color',
    act: pager,
  },
  {
    names: 'bat batcat',
    short: 'lHrm',
    long: 'language highlight-line line-range map-syntax theme style pager color paging tabs wrap terminal-width file-name',
    does: [{ do: 'path.read' }],
    act: (call, args) => {
      for (const code of args.values('pager')) runOption(call, code, 'words')
      return inputOf(call, args.operands)
    },
  },
  {
    names: 'man',
    short: 'CRLmMSsePrEpHTXZ',
    long: 'config-file recode locale systems manpath sections section extension pager prompt encoding preprocessor html',
    attached: '',
    flags: 'apropos whatis local-file where global-apropos troff ditroff',
    act: man,
  },
  {
    names: 'vim vi nvim view gvim rvim vimdiff nvi elvis',
    short: 'cSuUiTVwWtrqp',
    long: 'cmd listen server remote-expr startuptime',
    harmless: 'help version h',
    act: vim,
  },
  { names: 'ex', short: 'cSu', long: 'cmd', act: vim },
  { names: 'ed red', short: 'p', long: 'prompt', act: ed },
  {
    names: 'emacs emacsclient',
    short: 'lfqesa',
    long: 'load eval execute funcall script insert socket-name alternate-editor',
    style: 'words',
    flags: 'batch quick no-window-system eval execute',
    act: emacs,
  },
  {
    names: 'nano pico micro joe code subl',
    act: (call, args) => {
      for (const file of args.operands) {
        touch(call, 'path.read', file)
        if (isPrivileged(call) && !args.has('v view')) touch(call, 'path.write', file, { note: 'edited' })
      }
      return FROM_PROGRAM
    },
  },
]
