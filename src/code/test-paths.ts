// Which files of a tree are tests, and which say what a test is: scripts, and the settings of runners and of coverage.
import { isObject, parseJson } from '../base/json.ts'
import { type Finding, finding } from './finding.ts'

const DIRECTORIES = new Set(['test', 'tests', '__tests__', 'spec', 'specs', 'testdata', '__snapshots__'])
const NAMES =
  /(?:\.(?:test|spec)\.[cm]?[jt]sx?|_test\.(?:go|py|exs|rb)|_spec\.rb|^test_[^/]*\.py|^conftest\.py)$/

export function isTestPath(path: string): boolean {
  const names = path.split('/')
  const name = names.at(-1) ?? ''
  return names.slice(0, -1).some((one) => DIRECTORIES.has(one)) || NAMES.test(name)
}

const SETTINGS =
  /(?:^|\/)(?:(?:vitest|vite|jest|karma|ava|playwright)\.(?:config|conf)\.[cm]?[jt]s(?:on)?|\.mocharc(?:\.\w+)?|\.nycrc(?:\.\w+)?|\.c8rc(?:\.\w+)?|\.taprc|pytest\.ini|tox\.ini|noxfile\.py|\.coveragerc|\.npmrc|sitecustomize\.py|usercustomize\.py)$/
/** Of these only a part says what a test is. */
const PARTLY = /(?:^|\/)(?:package\.json|pyproject\.toml|setup\.cfg|conftest\.py|Makefile)$/

export interface ChangedText {
  readonly path: string
  /** Absent: it was not there. */
  readonly before?: string
  /** Absent: it is not there any more. */
  readonly after?: string
}

/** Modules that a test run of Python imports: a file of that name at the top of the tree is taken in their place. */
const RUNNERS = ['pytest', '_pytest', 'pytest_cov', 'coverage', 'unittest', 'pluggy', 'nose2', 'tox']

/** Whose content `meaningChanged` wants to see. */
export function saysWhatTestIs(path: string, argv: readonly string[]): boolean {
  return SETTINGS.test(path) || PARTLY.test(path) || isNamed(path, argv) || standsIn(path, argv)
}

/** Is it run in the place of the runner: a module of its name, or a package that is no file of an installation? */
function standsIn(path: string, argv: readonly string[]): boolean {
  if (/(?:^|\/)node_modules\//.test(path)) return true
  const [, module] = /^([A-Za-z_]\w*)(?:\.py|\/.*\.py)$/.exec(path) ?? []
  if (module === undefined) return false
  const isPython = argv.some((word) => /(?:^|\/)(?:python[\d.]*|py\.?test|nose2|tox)$/.test(word))
  return isPython && (RUNNERS.includes(module) || argv[argv.indexOf('-m') + 1] === module)
}

/** The words of the declared command, and of the scripts of `package.json` that it runs. What such a script calls in turn is not followed. */
export function wordsOfTest(argv: readonly string[], manifest: string | undefined): readonly string[] {
  return [...argv, ...scriptWords(manifest)]
}

/** A change of what the declared test command runs, file by file. */
export function meaningChanged(changed: readonly ChangedText[], argv: readonly string[]): readonly Finding[] {
  const scripts = changed
    .filter(({ path }) => path === 'package.json')
    .flatMap(({ before, after }) => [...scriptWords(before), ...scriptWords(after)])
  return changed.flatMap((one) => {
    const what = whatChanged(one, argv, scripts)
    return what === undefined ? [] : [finding('tests.meaning_changed', what, { path: one.path })]
  })
}

function whatChanged(
  { path, before, after }: ChangedText,
  argv: readonly string[],
  scripts: readonly string[],
): string | undefined {
  if (before === after) return undefined
  const name = path.split('/').at(-1) ?? ''
  if (SETTINGS.test(path) || isNamed(path, argv) || isNamed(path, scripts)) return name
  if (standsIn(path, argv)) return path
  if (name === 'package.json') return packageChanged(before, after)
  if (name === 'pyproject.toml' || name === 'setup.cfg')
    return sections(before) === sections(after) ? undefined : 'pytest, coverage'
  if (name === 'conftest.py') return hooks(before) === hooks(after) ? undefined : 'pytest hooks'
  if (name === 'Makefile' && [...argv, ...scripts].includes('make')) return name
  return undefined
}

/** A word of a command that is a path of the tree. */
function isNamed(path: string, words: readonly string[]): boolean {
  return words.some((word) => word.replace(/^\.\//, '') === path)
}

const TOOLS = ['jest', 'mocha', 'ava', 'nyc', 'c8', 'tap', 'vitest', 'xo']

function packageChanged(before: string | undefined, after: string | undefined): string | undefined {
  const [was, is] = [testParts(before), testParts(after)]
  for (const key of new Set([...was.keys(), ...is.keys()])) if (was.get(key) !== is.get(key)) return key
  return undefined
}

/** Scripts that `npm test` runs, and settings of runners. A file that is no JSON differs from each other. */
function testParts(text: string | undefined): ReadonlyMap<string, string> {
  const parts = new Map<string, string>()
  const root = parsed(text)
  if (root === undefined) return text === undefined ? parts : parts.set('package.json', text)
  const scripts = isObject(root['scripts']) ? root['scripts'] : {}
  const waiting = ['pretest', 'test', 'posttest']
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const script = scripts[name]
    if (typeof script !== 'string' || parts.has(`scripts.${name}`)) continue
    parts.set(`scripts.${name}`, script)
    for (const [, called = ''] of script.matchAll(/\b(?:npm|pnpm|yarn) (?:run(?:-script)? )?([\w:.-]+)/g))
      waiting.push(called, `pre${called}`, `post${called}`)
  }
  for (const tool of TOOLS) if (root[tool] !== undefined) parts.set(tool, JSON.stringify(root[tool]))
  return parts
}

function scriptWords(text: string | undefined): readonly string[] {
  return [...testParts(text)].flatMap(([key, script]) =>
    key.startsWith('scripts.') ? script.split(/[\s"'=;&|()]+/) : [],
  )
}

function parsed(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (text === undefined) return undefined
  try {
    const root = parseJson(text)
    return isObject(root) ? root : undefined
  } catch {
    return undefined
  }
}

/** The sections of pytest and of coverage. */
function sections(text = ''): string {
  const kept: string[] = []
  let isOurs = false
  for (const line of text.split('\n')) {
    const head = /^\s*\[+([^\]]*)\]/.exec(line)?.[1]
    if (head !== undefined) isOurs = /pytest|coverage/i.test(head)
    if (isOurs && line.trim() !== '') kept.push(line.trim())
  }
  return kept.join('\n')
}

/** Functions by which a `conftest.py` changes what pytest does. */
function hooks(text = ''): string {
  const lines = text.split('\n')
  const kept: string[] = []
  let isHook = false
  for (const line of lines) {
    if (/^\S/.test(line)) isHook = /^(?:async\s+)?def\s+pytest_|^pytest_plugins|^@pytest\.hookimpl/.test(line)
    if (isHook) kept.push(line)
  }
  return kept.join('\n')
}
