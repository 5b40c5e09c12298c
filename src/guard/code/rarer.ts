// Languages that one line of a shell rarely speaks: of the JVM, Swift, Erlang, OCaml and Haskell, Octave, Raku. Small tables.
import * as common from './common.ts'
import { download, evaluation, opening, path, reading, shellText, startWords, transfer } from './effects.ts'
import type { Action, Language } from './language.ts'

const { table } = common
const values = common.values({})
const onText: Action = (reader, given) => shellText()(reader, { ...given, all: [given.on] })
/** Words apart, or one text. */
const words: Action = (reader, given) =>
  given.all.length === 1 && given.all[0]?.list === undefined
    ? shellText()(reader, given)
    : startWords(reader.tell, [...(given.all[0]?.list ?? given.all)])
/** `removeItem(atPath: "x")`: what it is on stands under a label. */
const labelled =
  (action: Action): Action =>
  (reader, given) =>
    action(reader, {
      ...given,
      all: ['atPath', 'at'].flatMap((label) => given.named.get(label) ?? []).concat(given.all),
    })

export const JVM: Language = {
  name: 'jvm',
  syntax: { comments: ['//'], block: ['/*', '*/'], triple: true, lines: true },
  join: '+',
  values,
  roots: new Set(['java', 'io', 'lang', 'kotlin', 'scala', 'nio', 'sys', 'process', 'file', 'new']),
  calls: table(
    ['Runtime.getRuntime.exec getRuntime.exec exec Process Seq ProcessBuilder', words],
    ['File Path.of Paths.get Path Paths', common.asPath],
    ['Files.delete Files.deleteIfExists os.remove', path('path.delete')],
    ['os.remove.all FileUtils.deleteDirectory FileUtils.cleanDirectory', path('path.delete', 0, true)],
    ['Files.write Files.writeString Files.newBufferedWriter FileWriter', path('path.write')],
    ['Files.readString Files.readAllLines Source.fromFile', reading()],
    ['Files.move', transfer('path.move')],
    ['os.proc os.call', words],
    ['evaluate Eval.me', evaluation],
  ),
  methods: table(
    ...common.PATH_METHODS,
    ['deleteDir deleteRecursively deleteOnExit', path('path.delete', 'on', true)],
    ['delete', path('path.delete', 'on')],
    ['write setText writeText appendText bytes withWriter', path('path.write', 'on')],
    ['renameTo', path('path.move', 'on')],
    ...common.DATABASE_METHODS,
    ['execute exec lazyLines', onText],
  ),
}

export const SWIFT: Language = {
  name: 'swift',
  signed: true,
  syntax: { comments: ['//'], block: ['/*', '*/'], triple: true, lines: true },
  join: '+',
  values,
  calls: table(['system popen shell', shellText()]),
  methods: table(
    ['removeItem trashItem', labelled(path('path.delete', 0, true))],
    ['moveItem replaceItem', labelled(path('path.move'))],
    ['createFile', labelled(path('path.write'))],
  ),
}

export const ERLANG: Language = {
  name: 'erlang',
  syntax: { comments: ['%'], lines: true },
  join: '++',
  values,
  calls: table(
    ['os.cmd', shellText()],
    ['file.delete file.del_dir', path('path.delete')],
    ['file.del_dir_r', path('path.delete', 0, true)],
    ['file.write_file', path('path.write')],
    ['file.read_file', reading()],
    ['file.rename', transfer('path.move')],
  ),
  methods: table(),
}

export const ML: Language = {
  name: 'ml',
  syntax: { comments: ['--'], block: ['(*', '*)'], lines: true },
  join: '^',
  bare: true,
  values,
  calls: table(
    [
      'Sys.command Unix.system System.Process.system system callCommand System.Process.callCommand',
      shellText(),
    ],
    ['Sys.remove Unix.unlink System.Directory.removeFile removeFile', path('path.delete')],
    [
      'System.Directory.removeDirectoryRecursive removeDirectoryRecursive System.Directory.removePathForcibly removePathForcibly',
      path('path.delete', 0, true),
    ],
    ['writeFile open_out', path('path.write')],
    ['readFile', reading()],
    ['Sys.rename renameFile', transfer('path.move')],
  ),
  methods: table(),
}

export const OCTAVE: Language = {
  name: 'octave',
  syntax: { comments: ['%', '#'], lines: true },
  join: '',
  bare: true,
  values,
  calls: table(
    ['system shell_cmd dos unix popen', shellText()],
    ['delete unlink', path('path.delete')],
    ['rmdir confirm_recursive_rmdir', path('path.delete', 0, true)],
    ['fopen', opening()],
    ['fileread load', reading()],
    ['movefile rename', transfer('path.move')],
    ['urlwrite websave', download],
    ['eval evalc', evaluation],
  ),
  methods: table(),
}

export const RAKU: Language = {
  name: 'raku',
  syntax: { comments: ['#'], lines: true },
  join: '~',
  bare: true,
  values,
  calls: table(
    ['shell', shellText()],
    ['run Proc::Async.new', ({ tell }, given) => startWords(tell, given.all)],
    ['unlink rmdir', path('path.delete')],
    ['rmtree', path('path.delete', 0, true)],
    ['spurt', path('path.write')],
    ['slurp', reading()],
    ['rename move', transfer('path.move')],
    ['EVAL', evaluation],
  ),
  methods: table(
    ...common.PATH_METHODS,
    ['unlink rmdir', path('path.delete', 'on')],
    ['spurt', path('path.write', 'on')],
  ),
}
