// Options whose value is a program or a text for a shell: `rg --pre`, `tar --to-command`, `rsync -e`, `ssh -o ProxyCommand`.
import { runText } from '../builtins.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, NOTHING, type Stream } from '../stream.ts'
import { literal } from '../value.ts'
import { launch, words } from './items.ts'

/** `program`: one name, started with words that we do not know. `words`: split at blanks. `shell`: a text for sh. */
export function runOption(
  call: Call,
  code: Field,
  how: 'program' | 'words' | 'shell',
  stdin: Stream = NOTHING,
): Stream {
  if (code.value.length === 0) return NOTHING
  if (how === 'shell') {
    const child = call.shell.fork({ via: [...call.shell.state.via, literal(call.name.value) ?? 'program'] })
    return runText({ ...call, shell: child, span: code.span }, code.value, stdin)
  }
  const split =
    how === 'program' && literal(code.value)?.includes(' ') !== true ? [code.value] : words(code.value)
  return launched(
    call,
    split.map((value) => ({ ...code, value })),
    stdin,
  )
}

/** A program that gets a file to work on is told apart from a harmless filter: what it would do with any file is what counts. */
function launched(call: Call, given: readonly Field[], stdin: Stream): Stream {
  const [first] = given
  if (first === undefined) return FROM_PROGRAM
  const name = literal(first.value)?.split('/').at(-1)
  const isFilter = name !== undefined && FILTERS.has(name)
  const file: Field = { value: ['.'], span: first.span, open: false }
  const out = launch(call, call.shell, isFilter ? given : [...given, file], stdin)
  if (!isFilter)
    call.shell.emit({ verb: 'exec.option', on: { kind: 'program', name: name ?? '' } }, first.span)
  return out
}

/** Programs that are given for that purpose: they read and write a stream. */
const FILTERS = new Set(
  'cat gzip gunzip zcat bzip2 bunzip2 xz unxz zstd unzstd lz4 lzop pigz pbzip2 pixz lbzip2 lzma compress uncompress ssh rsh less more most bat pdftotext antiword exiftool strings jq head tail sort uniq wc true false sh bash diff colordiff delta vimdiff gpg openssl sha256sum md5sum sum perl python python3 awk sed tr cut iconv'.split(
    ' ',
  ),
)
