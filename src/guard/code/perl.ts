// Perl.
import { HOME } from '../path.ts'
import { CLIENT, HTTP_METHODS, requestOf } from './clients.ts'
import * as common from './common.ts'
import {
  connecting,
  contentsOf,
  download,
  evaluation,
  onPath,
  path,
  paths,
  reading,
  runShellText,
  say,
  shellText,
  startWords,
  transfer,
} from './effects.ts'
import type { Action, Language } from './language.ts'
import type { Reader } from './read.ts'
import { NONE, plain, textOf } from './value.ts'

const { table } = common

/** `use Module qw(names)` binds names; `-e $file` and its kin only ask. */
function statement(reader: Reader): boolean {
  if (reader.is('use') || reader.is('no')) {
    reader.at++
    while (reader.peek() !== undefined && !reader.is(';')) reader.at++
    return true
  }
  return false
}

/** `open(F, '>file')`, `open(my $f, '>', 'file')`, `open(F, 'program |')`. */
const opening: Action = ({ tell }, given) => {
  const all = given.all.slice(1)
  const mode = plain(all[0])
  if (all.length === 0) return undefined
  if (all.length === 1) {
    const value = all[0]?.values?.[0]
    const [first] = value ?? []
    if (value === undefined || typeof first !== 'string') return undefined
    const whole = plain(all[0]) ?? first
    const match = /^\s*(\+?[<>]{1,2}|\|)?\s*/.exec(first)
    const sign = match?.[1] ?? '<'
    const rest = { values: [[first.slice(match?.[0].length ?? 0), ...value.slice(1)]] }
    if (sign === '|') return runShellText(tell, rest)
    if (whole.trimEnd().endsWith('|')) return runShellText(tell, textOf(whole.trimEnd().slice(0, -1)))
    onPath(
      tell,
      sign.includes('>>')
        ? 'path.append'
        : sign.includes('>') || sign.includes('+')
          ? 'path.write'
          : 'path.read',
      rest,
    )
    return contentsOf(tell, rest)
  }
  if (mode?.includes('|') === true || mode?.startsWith('-|') === true)
    return all.length > 2 ? startWords(tell, all.slice(1)) : runShellText(tell, all[1])
  onPath(
    tell,
    mode?.includes('>>') === true
      ? 'path.append'
      : mode === undefined || /[>+]/.test(mode)
        ? 'path.write'
        : 'path.read',
    all[1],
  )
  return contentsOf(tell, all[1])
}

const moduleMethod = (name: string): string => `${name} POSIX.${name} CORE.${name} CORE.GLOBAL.${name}`
const kill: Action = ({ tell }, given) => {
  if (plain(given.all[0]) !== '0')
    for (const one of given.all.slice(1))
      say(tell, 'process.kill', { kind: 'process', by: 'pid', value: one.values?.[0] ?? [] })
  return undefined
}

export const PERL: Language = {
  name: 'perl',
  syntax: {
    comments: ['#'],
    plainSingle: true,
    regex: true,
    ticks: 'command',
    quotes: 'perl',
    heredoc: true,
    sigils: '$@%&',
    interpolate: { marks: '"`', way: 'perl' },
  },
  join: '.',
  bare: true,
  globs: true,
  statement,
  gets: { words: ['@ARGV', '$ARGV'], own: [0, 0], next: 'shift', variables: ['$ENV', '%ENV'] },
  roots: new Set(['CORE', 'main']),
  values: common.values({
    '%ENV.HOME': { values: [HOME] },
    '$ENV.HOME': { values: [HOME] },
    '$^X': textOf('perl'),
  }),
  calls: table(
    ['@command', shellText()],
    [`${moduleMethod('system')} ${moduleMethod('exec')} readpipe`, shellText()],
    [`${moduleMethod('unlink')} ${moduleMethod('rmdir')} remove`, paths('path.delete')],
    ['rmtree remove_tree File.Path.rmtree File.Path.remove_tree', paths('path.delete', true)],
    ['rename move mv File.Copy.move File.Copy.mv', transfer('path.move')],
    ['copy cp File.Copy.copy File.Copy.cp', transfer('path.read')],
    ['link symlink', transfer('path.link')],
    [
      'chmod',
      ({ tell }, given) => {
        for (const one of given.all.slice(1)) onPath(tell, 'path.chmod', one)
        return undefined
      },
    ],
    [
      'chown',
      ({ tell }, given) => {
        for (const one of given.all.slice(2)) onPath(tell, 'path.chown', one)
        return undefined
      },
    ],
    [
      'utime',
      ({ tell }, given) => {
        for (const one of given.all.slice(2)) onPath(tell, 'path.write', one)
        return undefined
      },
    ],
    ['mkdir mkpath make_path', paths('path.create')],
    ['truncate', path('path.write')],
    ['open', opening],
    ['sysopen', path('path.write', 1)],
    ['opendir', (_, given) => given.all[1]],
    [
      'do require',
      (reader, given) => (plain(given.all[0]) === undefined ? undefined : path('path.exec')(reader, given)),
    ],
    ['eval evalbytes', evaluation],
    ['kill', kill],
    ['glob', common.glob],
    ['chr', common.character],
    ['decode_base64 MIME.Base64.decode_base64 MIME.Base64.decode', common.decodeBase64],
    [
      'pack',
      (reader, given) =>
        /^H\*?$/i.test(plain(given.all[0]) ?? '')
          ? common.fromHex(reader, { ...given, all: given.all.slice(1) })
          : NONE,
    ],
    ['unpack', common.decoder],
    [
      'join',
      (_, given) =>
        given.all
          .slice(1)
          .flatMap((one) => one.list ?? [one])
          .reduce(
            (all, one, i) =>
              i === 0
                ? one
                : {
                    values: (all.values ?? [[]]).flatMap((a) =>
                      (given.all[0]?.values ?? [[]]).flatMap((mark) =>
                        (one.values ?? [[]]).map((b) => [...a, ...mark, ...b]),
                      ),
                    ),
                  },
            textOf(''),
          ),
    ],
    ['reverse', common.reversed],
    ['get getstore LWP.Simple.get LWP.Simple.getstore', download],
    ['HTTP.Request.new', requestOf()],
    [
      'LWP.UserAgent.new HTTP.Tiny.new WWW.Mechanize.new Mojo.UserAgent.new Furl.new',
      () => ({ name: CLIENT }),
    ],
    ['socket connect IO.Socket.INET.new IO.Socket.SSL.new', connecting],
    ['lc uc scalar chomp sort', common.same],
    ['sprintf', common.formatText],
  ),
  methods: table(
    ...common.DATABASE_METHODS,
    ...HTTP_METHODS,
    ['do', (reader, given) => common.DATABASE_METHODS.get('query')?.(reader, given)],
    ['spew spew_utf8 append', path('path.write', 'on')],
    ['slurp slurp_utf8', reading('on')],
    [
      'remove_tree',
      (reader, given) =>
        given.on.name === '@path' ? path('path.delete', 'on', true)(reader, given) : undefined,
    ],
    ['path', common.asPath],
  ),
}
