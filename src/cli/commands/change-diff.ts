// `sekisho change diff`: on a pipe the text that is sealed, byte for byte as it is shown; on a terminal its files, folded where they are large. The gate is
// told what was shown, and the record names what its approver did not open.
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { sha256 } from '../../base/hash.ts'
import { readSections, shownDiff } from '../../change/diff-shown.ts'
import { DIFF_VIEW } from '../../words/diff-view.ts'
import { type Call, flag, options } from '../command.ts'
import { diffPicture } from '../diff-picture.ts'
import { wrongValue } from '../usage.ts'

export async function showDiff(call: Call, id: string): Promise<ExitCode> {
  const { terminal } = call
  const client = call.loggedIn()
  const text = await client.call('changeDiff', { id })
  const sections = readSections(text)
  const files = filesAsked(call)
  for (const path of files ?? [])
    if (!sections.some((one) => one.path === path))
      throw wrongValue(call, '--file', path, [
        ...sections.slice(0, 20).map((one) => one.path),
        ...(sections.length > 20 ? ['…'] : []),
      ])
  const { wide } = terminal.streams
  if (sections.length === 0 || (wide === undefined && files === undefined)) {
    terminal.content(shownDiff(text))
    if (sections.length > 0 && !terminal.json) await client.call('changeDiff', { id, opened: 'all' })
    return EXIT.done
  }
  const view = await client.call('changeShow', { id })
  const words = DIFF_VIEW[terminal.language]
  const digest = sha256(text)
  const how =
    view.envelope === undefined
      ? words.notSealed(digest)
      : view.diffDigest === undefined
        ? words.withoutTexts
        : view.diffDigest === digest
          ? words.sealed(digest)
          : words.other(digest)
  const { lines, opened } = diffPicture(sections, {
    id,
    language: terminal.language,
    width: wide ?? terminal.streams.width,
    paint: terminal.paint,
    ...(files === undefined ? {} : { files }),
    all: flag(call, 'all'),
  })
  const folded = files === undefined ? sections.length - opened.length : 0
  terminal.say(
    [
      words.head(id, sections.length),
      how,
      '',
      ...lines,
      ...(folded === 0 ? [] : [words.folded(folded), `  sekisho change diff ${id} --all`]),
    ].join('\n'),
  )
  if (opened.length > 0) await client.call('changeDiff', { id, opened: opened.join(',') })
  return EXIT.done
}

function filesAsked(call: Call): readonly string[] | undefined {
  const given = options(call, 'file')
  return given.length === 0 ? undefined : given
}
