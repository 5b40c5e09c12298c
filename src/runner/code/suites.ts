// Runs the suites in rooms and holds them against each other: the deployed tests on the deployed code, the candidate's on the candidate's code, twice, the
// deployed tests on the candidate's code, and the candidate's on the deployed code. Figures are what the suites say of themselves.
import { cp, lstat, mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isSecretLine } from '../../code/added-lines.ts'
import { changedLines } from '../../code/changed-lines.ts'
import { compareTests, type SuiteRun } from '../../code/compare-tests.ts'
import { lastLines } from '../../code/failure-lines.ts'
import { firstFindings } from '../../code/finding.ts'
import { redRuns } from '../../code/red-runs.ts'
import {
  type ChangedText,
  isTestPath,
  meaningChanged,
  saysWhatTestIs,
  wordsOfTest,
} from '../../code/test-paths.ts'
import { countOf } from '../../code/test-results.ts'
import type { TreeEntry } from '../../code/tree-entry.ts'
import { readBlobs } from '../../git/blobs.ts'
import type { Imported } from '../../git/import.ts'
import type { CodeTests, SuiteFigures } from '../../plans/code.ts'
import type { TestRule } from '../../plans/code-rules.ts'
import { globPattern, readBelow } from '../../room/read-out.ts'
import { type Room, withRoom } from '../../room/room.ts'
import { plainText } from '../../sandbox/sandbox.ts'
import { REDACTED } from '../redact.ts'
import { readReports } from '../reports.ts'
import { roomPorts } from './build.ts'
import type { CodeContext, CodeStep } from './context.ts'
import { coverageTrend } from './coverage-trend.ts'
import type { Built } from './stage-code.ts'

const REPORT_BYTES = 33_554_432
const REPORT_FILES = 500
const TEXT_BYTES = 1_048_576
const SHOWN = 500

interface Ran {
  readonly run: SuiteRun
  readonly milliseconds: number
}

export async function compareSuites(
  context: CodeContext,
  imported: Imported,
  built: Built,
): Promise<CodeTests> {
  const { rules, signal } = context
  const { test } = rules
  const suite = async (step: CodeStep, tree: string, times = 1): Promise<readonly Ran[]> => {
    context.step(step)
    const ran = await runSuite(tree, built.at, test, context, times)
    signal.throwIfAborted()
    return ran
  }
  const [before] = await suite('testing_deployed', built.deployed)
  const [after, again] = await suite('testing', built.candidate, 2)
  const crossedTree = await withTestsOf('deployed', built.candidate, imported, built, context)
  const [crossed] = await suite('testing_crossed', crossedTree)
  const reversedTree = await withTestsOf('candidate', built.deployed, imported, built, context)
  const [reversed] = await suite('testing_crossed', reversedTree)
  if (before === undefined || after === undefined) throw new TypeError('a suite was not run')
  const manifest = readBelow(built.candidate, 'package.json', TEXT_BYTES)?.toString('utf8')
  const words = wordsOfTest(test.argv, manifest)
  const texts = await changedTexts(imported, words)
  const suites = {
    before: before.run,
    after: after.run,
    ...(again === undefined ? {} : { again: again.run }),
    ...(crossed === undefined ? {} : { crossed: crossed.run }),
    ...(reversed === undefined ? {} : { reversed: reversed.run }),
  }
  const compared = compareTests({
    suites,
    changed: new Set(
      imported.changes.flatMap((one) => (one.kind === 'renamed' ? [one.path, one.from] : [one.path])),
    ),
    changedLines: new Map(
      texts.flatMap(({ path, before: was, after: now }) =>
        now === undefined || isTestPath(path) ? [] : [[path, changedLines(was ?? '', now)] as const],
      ),
    ),
    linesBefore: linesIn(built.deployed),
    linesAfter: linesIn(built.candidate),
    earlier: await coverageTrend(context.service.name, context.parts),
    reportsInTree: imported.candidate.entries
      .filter(({ path }) => globPattern(test.results.files).test(path))
      .map(({ path }) => path),
  })
  const meaning = meaningChanged(
    texts.filter(({ path }) => saysWhatTestIs(path, words)),
    words,
  )
  const { redact } = await roomPorts(context.parts)
  const red = redRuns(suites, compared.findings, test.results.files, (line) => shownLine(line, redact))
  return {
    before: figuresOf(before, compared.coverageBefore),
    after: figuresOf(after, compared.coverageAfter),
    ...(crossed === undefined ? {} : { crossed: figuresOf(crossed, undefined) }),
    ...(red.length === 0 ? {} : { argv: test.argv, red }),
    findings: firstFindings([...meaning, ...compared.findings], SHOWN),
  }
}

/** What candidate code has said, for whoever may read the change: values of secrets are taken out, and a line that reads as one is not shown. */
function shownLine(line: string, redact: (text: string) => string): string {
  return isSecretLine(line) ? REDACTED : plainText(redact(line))
}

/** Some times in one room: what a first run leaves a second one finds. */
async function runSuite(
  tree: string,
  at: string,
  test: TestRule,
  context: CodeContext,
  times: number,
): Promise<readonly Ran[]> {
  return withRoom(await roomPorts(context.parts), { tree, at }, async (room) => {
    const all: Ran[] = []
    for (let i = 0; i < times; i++) all.push(await runOnce(room, at, test, context))
    return all
  })
}

async function runOnce(room: Room, at: string, test: TestRule, { parts, signal }: CodeContext): Promise<Ran> {
  const { argv, withinMs, registry, coverage } = test
  await forgetReports(room, test)
  const run = await room.run({
    argv,
    seconds: Math.ceil(withinMs / 1000),
    signal,
    ...(registry === undefined ? {} : { registry }),
  })
  // Without a limit that the kernel holds nobody knows what else it did.
  const ended = run.limitedBy === 'watcher' && run.ended === 'exit' ? 'not limited' : run.ended
  const files: Buffer[] = []
  const listed = await room.list(test.results.files)
  const tooMany = listed.cut || listed.paths.length > REPORT_FILES
  for (const path of tooMany ? [] : listed.paths) {
    const bytes = await room.read(path, REPORT_BYTES)
    if (bytes !== undefined) files.push(bytes)
  }
  const covered = coverage === undefined ? undefined : await room.read(coverage.file, REPORT_BYTES)
  const child = { process: parts.process, command: parts.command, root: parts.root, signal }
  const read = await readReports(child, {
    ...(files.length === 0 ? {} : { results: { format: test.results.format, files } }),
    ...(coverage === undefined || covered === undefined
      ? {}
      : { coverage: { format: coverage.format, bytes: covered, root: at } }),
  })
  return {
    run: {
      ...(ended === 'exit' && run.exit !== undefined ? { exit: run.exit } : {}),
      ended,
      results: tooMany
        ? { ok: false, fault: 'too_many', why: `> ${REPORT_FILES}` }
        : (read.results ?? { ok: false, fault: 'missing', why: test.results.files }),
      last: lastLines(run.output),
      ...(coverage === undefined ? {} : { coverage: read.coverage ?? { ok: false, missing: true } }),
    },
    milliseconds: Math.round(run.seconds * 1000),
  }
}

/** What an earlier run wrote says nothing of this one: a run that ends before its report would be read from it. */
async function forgetReports(room: Room, { results, coverage }: TestRule): Promise<void> {
  const { paths } = await room.list(results.files)
  const old = [...paths, ...(coverage === undefined ? [] : [coverage.file])].map((path) => `./${path}`)
  if (paths.length > 0 || coverage !== undefined)
    await room.run({ argv: ['rm', '-f', '--', ...old], seconds: 30 })
}

/** A built tree with the tests of the other commit in the place of its own. */
async function withTestsOf(
  which: 'deployed' | 'candidate',
  tree: string,
  imported: Imported,
  built: Built,
  { directory, note }: CodeContext,
): Promise<string> {
  const to = join(directory, `tests-of-${which}`)
  await note(to)
  await cp(tree, to, { recursive: true, verbatimSymlinks: true })
  const [own, others] =
    which === 'deployed' ? (['candidate', 'deployed'] as const) : (['deployed', 'candidate'] as const)
  for (const path of testPaths(imported[own].entries)) await rm(join(to, path), { force: true })
  for (const path of testPaths(imported[others].entries)) {
    const from = join(built[others], path)
    if ((await lstat(from).catch(() => undefined)) === undefined) continue
    await mkdir(dirname(join(to, path)), { recursive: true })
    await cp(from, join(to, path), { verbatimSymlinks: true })
  }
  return to
}

function testPaths(entries: readonly TreeEntry[]): readonly string[] {
  return entries.filter(({ path }) => isTestPath(path)).map(({ path }) => path)
}

/** What is text of what changes, on both sides. */
async function changedTexts(imported: Imported, words: readonly string[]): Promise<readonly ChangedText[]> {
  const { changes, quarantine, deployed, candidate } = imported
  const textsOf = async (entries: readonly TreeEntry[], paths: ReadonlySet<string>) => {
    const wanted = entries.filter(
      ({ path, mode, bytes }) => paths.has(path) && mode !== '120000' && bytes <= TEXT_BYTES,
    )
    const texts = new Map<string, string>()
    for await (const { entry, bytes } of readBlobs(quarantine, wanted)) {
      const text = Buffer.from(bytes).toString('utf8')
      if (!text.includes('\0')) texts.set(entry.path, text)
    }
    return texts
  }
  const before = await textsOf(
    deployed.entries,
    new Set(changes.map((one) => (one.kind === 'renamed' ? one.from : one.path))),
  )
  const after = await textsOf(candidate.entries, new Set(changes.map(({ path }) => path)))
  return changes
    .filter(({ path }) => CODE.test(path) || saysWhatTestIs(path, words))
    .map((one) => {
      const was = before.get(one.kind === 'renamed' ? one.from : one.path)
      const now = after.get(one.path)
      return {
        path: one.path,
        ...(was === undefined ? {} : { before: was }),
        ...(now === undefined ? {} : { after: now }),
      }
    })
}
const CODE = /\.(?:[cm]?[jt]sx?|py|go|rb|php|java|kt|rs|c|cc|cpp|cs)$/

/** How many lines a file of a built tree has; undefined where there is none. */
function linesIn(tree: string): (path: string) => number | undefined {
  const known = new Map<string, number | undefined>()
  return (path) => {
    if (!known.has(path)) known.set(path, linesOf(readBelow(tree, path, REPORT_BYTES)))
    return known.get(path)
  }
}

function linesOf(bytes: Buffer | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes.toString('latin1').split('\n').length
}

function figuresOf({ run, milliseconds }: Ran, coverage: number | undefined): SuiteFigures {
  const cases = run.results.ok ? run.results.cases : []
  return {
    passed: countOf(cases, 'passed'),
    failed: countOf(cases, 'failed'),
    skipped: countOf(cases, 'skipped'),
    milliseconds,
    ...(coverage === undefined ? {} : { coverage }),
  }
}
