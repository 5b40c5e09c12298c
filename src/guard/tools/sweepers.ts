// Programs that take old or unwanted files away, rename many at once, or write beside what they read.
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import type { Tool } from '../tool.ts'
import { touch } from '../tool.ts'
import { literal } from '../value.ts'

/** Commands of xfs_io that change the file which is open. */
const CHANGES =
  /^\s*(?:truncate|pwrite|mwrite|falloc|fpunch|fzero|fcollapse|finsert|funshare|resvsp|unresvsp|allocsp|freesp|reflink|dedupe|copy_range|sendfile|swapext|chattr|set_encpolicy)\b/

/** `gio VERB FILE…` */
const gio: Tool = {
  names: 'gio',
  sub: {
    remove: { does: [{ do: 'path.delete', reversible: 'no' }] },
    trash: { flags: 'empty list restore force', does: [{ do: 'path.write', deep: true, note: 'edited' }] },
    'move rename': {
      does: [
        { do: 'path.move', to: 'butLast' },
        { do: 'path.write', to: 'last' },
      ],
    },
    copy: {
      does: [
        { do: 'path.read', to: 'butLast' },
        { do: 'path.write', to: 'last' },
      ],
    },
    save: { does: [{ do: 'path.write', to: 'last' }] },
    cat: { does: [{ do: 'path.read' }] },
  },
}

function xfs(call: Call, commands: readonly Field[], files: readonly Field[]): undefined {
  const changes = commands.some(({ value }) => {
    const source = literal(value)
    return source === undefined || CHANGES.test(source)
  })
  for (const file of files) touch(call, changes ? 'path.write' : 'path.read', file)
}

/** What each of its commands is elsewhere. */
const CMAKE: Readonly<Record<string, readonly [string, ...string[]]>> = {
  rm: ['rm'],
  remove: ['rm'],
  remove_directory: ['rm', '-r'],
  copy: ['cp'],
  copy_directory: ['cp', '-r'],
  rename: ['mv'],
  touch: ['touch'],
  cat: ['cat'],
  env: ['env'],
  time: ['env'],
  create_symlink: ['ln', '-s'],
}

export const SWEEPERS: readonly Tool[] = [
  // To a bin, from which it can be taken back; what was there is away all the same.
  {
    names: 'trash trash-put gio-trash trash-cli',
    does: [{ do: 'path.write', deep: true, note: 'edited' }],
    writes: 'nothing',
  },
  gio,
  {
    // The file commands that a build brings with it.
    names: 'cmake',
    act: (call) => {
      const at = call.args.findIndex(({ value }) => literal(value) === '-E')
      const [verb, ...rest] = at === -1 ? [] : call.args.slice(at + 1)
      const name = verb === undefined ? undefined : CMAKE[literal(verb.value) ?? '']
      if (verb !== undefined && name !== undefined)
        call.shell.start(
          { ...verb, value: [name[0]] },
          [...name.slice(1).map((one) => ({ ...verb, value: [one] })), ...rest],
          call.stdin,
          call.span,
        )
      return undefined
    },
  },
  {
    names: 'rimraf del-cli premove',
    style: 'posix',
    flags: 'force dry-run glob no-glob version help',
    does: [{ do: 'path.delete', deep: true, reversible: 'no', unless: 'dry-run d' }],
  },
  {
    names: 'tmpreaper tmpwatch stmpclean',
    short: 'mMcdexXuU',
    long: 'exclude exclude-pattern exclude-user',
    flags:
      'test showdeleted protect all force mtime ctime atime dirmtime nodirs nosymlinks fuser quiet verbose',
    does: [{ do: 'path.delete', to: 'operands', deep: true, unless: 't test', note: 'filtered' }],
  },
  {
    names: 'systemd-tmpfiles',
    long: 'prefix exclude-prefix root image replace',
    flags: 'create clean remove purge boot user cat-config tldr dry-run no-pager',
    does: [
      { do: 'path.delete', to: 'option:prefix', deep: true, when: 'remove clean purge', unless: 'dry-run' },
    ],
  },
  {
    names: 'mmv mcp mad',
    does: [
      { do: 'path.move', to: 'first', unless: 'n' },
      { do: 'path.write', to: 'last', unless: 'n' },
    ],
  },
  {
    // Files that are there twice: one of them is taken away, or made a link.
    names: 'fdupes jdupes duff',
    short: 'GoxXPCD',
    long: 'minsize maxsize order ext-filter',
    does: [
      { do: 'path.delete', deep: true, when: 'd delete', note: 'filtered' },
      { do: 'path.write', deep: true, when: 'L l B linkhard linksoft dedupe', note: 'edited' },
      { do: 'path.list' },
    ],
  },
  {
    names: 'rdfind',
    style: 'words',
    long: 'deleteduplicates makehardlinks makesymlinks dryrun n outputname minsize maxsize ignoreempty followsymlinks removeidentinode checksum makeresultsfile',
    does: [
      { do: 'path.delete', deep: true, when: 'deleteduplicates', unless: 'dryrun n', note: 'filtered' },
      {
        do: 'path.write',
        deep: true,
        when: 'makehardlinks makesymlinks',
        unless: 'dryrun n',
        note: 'edited',
      },
      { do: 'path.write', to: 'option:outputname' },
    ],
  },
  {
    names: 'hardlink',
    short: 'mMirxXsSb',
    long: 'minimum-size maximum-size exclude include buffer-size method',
    does: [{ do: 'path.write', deep: true, unless: 'n dry-run', note: 'edited' }],
  },
  {
    names: 'detox convmv',
    short: 'sfIt',
    style: 'gnu',
    does: [{ do: 'path.move', unless: 'n dry-run L' }],
  },
  {
    names: 'script',
    short: 'cEmoOBIT',
    long: 'command echo logging-format output-limit log-out log-in log-io log-timing',
    does: [
      { do: 'path.write', to: 'first', unless: 'a append' },
      { do: 'path.append', to: 'first', when: 'a append' },
      { do: 'path.write', to: 'option:O log-out B log-io T log-timing I log-in' },
    ],
  },
  {
    names: 'setfattr',
    short: 'nvxSB',
    long: 'name value remove restore',
    does: [{ do: 'path.chmod' }],
  },
  {
    names: 'xfs_io',
    short: 'cpCmIR',
    act: (call, args) => xfs(call, args.values('c C'), args.operands),
  },
]
