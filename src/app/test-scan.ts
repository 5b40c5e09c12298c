// Which commands install, build and test a tree, by its manifests: package.json with its lock file, requirements and pyproject, go.mod. It reads names and
// runs nothing; where a runner writes no report that is known, it asks.
import { parseJson } from '../base/json.ts'
import type { ScanView, Unclear } from './inventory-findings.ts'

export interface FoundCommand {
  readonly argv: readonly string[]
  readonly from: string
  /** Hosts of a registry, for what installs. */
  readonly registry?: readonly string[]
}

export interface FoundTest extends FoundCommand {
  readonly results: { readonly format: 'junit' | 'go-json'; readonly file: string }
  readonly coverage?: { readonly format: 'lcov' | 'cobertura'; readonly file: string }
}

export interface FoundCommands {
  readonly dependencies?: FoundCommand
  readonly build?: FoundCommand
  readonly test?: FoundTest
  readonly smoke?: FoundCommand
}

type Ask = (code: Unclear['code'], values: Readonly<Record<string, string>>) => void

/** The first language whose manifest lies at the top of the tree. */
export async function findCommands(tree: string, view: ScanView, ask: Ask): Promise<FoundCommands> {
  const found =
    (await ofNode(tree, view, ask)) ?? (await ofPython(tree, view, ask)) ?? (await ofGo(tree, view))
  if (found?.test === undefined) ask('code_test', { path: tree })
  return found ?? {}
}

// --- node ---------------------------------------------------------------------------------------------------------------

async function ofNode(tree: string, view: ScanView, ask: Ask): Promise<FoundCommands | undefined> {
  const path = `${tree}/package.json`
  const manifest = readManifest(await view.read(path))
  if (manifest === undefined) return undefined
  const { scripts, packages } = manifest
  const test = testOfNode(scripts.get('test') ?? '', packages, path)
  const dependencies = packages.size === 0 ? undefined : await locked(tree, view)
  if (packages.size > 0 && dependencies === undefined) ask('code_lock', { path })
  const script = (name: string): FoundCommand | undefined =>
    scripts.has(name) ? { argv: ['npm', 'run', name], from: `${path}: scripts.${name}` } : undefined
  const build = script('build')
  const smoke = script('smoke')
  return {
    ...(dependencies === undefined ? {} : { dependencies }),
    ...(build === undefined ? {} : { build }),
    ...(test === undefined ? {} : { test }),
    ...(smoke === undefined ? {} : { smoke }),
  }
}

interface Manifest {
  readonly scripts: ReadonlyMap<string, string>
  readonly packages: ReadonlySet<string>
}

function readManifest(text: string | undefined): Manifest | undefined {
  if (text === undefined) return undefined
  let read: unknown
  try {
    read = parseJson(text)
  } catch {
    return undefined
  }
  if (typeof read !== 'object' || read === null) return undefined
  const entriesOf = (name: string) => {
    const value: unknown = Reflect.get(read, name)
    return typeof value === 'object' && value !== null ? Object.entries(value) : []
  }
  return {
    scripts: new Map(entriesOf('scripts').map(([name, value]) => [name, String(value)])),
    packages: new Set(
      ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((name) =>
        entriesOf(name).map(([one]) => one),
      ),
    ),
  }
}

function testOfNode(script: string, packages: ReadonlySet<string>, path: string): FoundTest | undefined {
  const from = `${path}: scripts.test`
  const results = { format: 'junit', file: 'report.xml' } as const
  const lcov = { format: 'lcov', file: 'coverage/lcov.info' } as const
  if (/\bvitest\b/.test(script)) {
    const counts = packages.has('@vitest/coverage-v8') || packages.has('@vitest/coverage-istanbul')
    return {
      argv: [
        'npx',
        '--no',
        'vitest',
        'run',
        '--reporter=junit',
        '--outputFile=report.xml',
        ...(counts ? ['--coverage', '--coverage.reporter=lcov'] : []),
      ],
      from,
      results,
      ...(counts ? { coverage: lcov } : {}),
    }
  }
  if (/\bjest\b/.test(script) && packages.has('jest-junit'))
    return {
      argv: ['npx', '--no', 'jest', '--reporters=jest-junit', '--coverage', '--coverageReporters=lcov'],
      from,
      results: { format: 'junit', file: 'junit.xml' },
      coverage: lcov,
    }
  if (/\bmocha\b/.test(script))
    return {
      argv: ['npx', '--no', 'mocha', '--reporter', 'xunit', '--reporter-option', 'output=report.xml'],
      from,
      results,
    }
  if (/\bnode\b.*--test\b/.test(script))
    return {
      argv: ['node', '--test', '--test-reporter=junit', '--test-reporter-destination=report.xml'],
      from,
      results,
    }
  return undefined
}

const LOCKS: readonly (readonly [string, readonly string[], string])[] = [
  ['package-lock.json', ['npm', 'ci', '--ignore-scripts'], 'registry.npmjs.org'],
  ['npm-shrinkwrap.json', ['npm', 'ci', '--ignore-scripts'], 'registry.npmjs.org'],
  ['pnpm-lock.yaml', ['pnpm', 'install', '--frozen-lockfile', '--ignore-scripts'], 'registry.npmjs.org'],
  ['yarn.lock', ['yarn', 'install', '--frozen-lockfile', '--ignore-scripts'], 'registry.yarnpkg.com'],
]
const HOSTS_MAX = 20

/** By the lock file: its hosts are those that the step must reach. */
async function locked(tree: string, view: ScanView): Promise<FoundCommand | undefined> {
  for (const [name, argv, usual] of LOCKS) {
    const path = `${tree}/${name}`
    const bytes = await view.bytes(path)
    if (bytes === undefined) continue
    const named = new TextDecoder().decode(bytes).matchAll(/"?resolved"?:? "https:\/\/([a-z0-9.:-]+)\//g)
    const hosts = [...new Set([...named].flatMap(([, host = '']) => (host === '' ? [] : [host])))].sort()
    return { argv, from: path, registry: hosts.length === 0 ? [usual] : hosts.slice(0, HOSTS_MAX) }
  }
  return undefined
}

// --- python -------------------------------------------------------------------------------------------------------------

const PYTHON = [
  'pyproject.toml',
  'requirements-dev.txt',
  'requirements.txt',
  'setup.cfg',
  'pytest.ini',
  'tox.ini',
]

async function ofPython(tree: string, view: ScanView, ask: Ask): Promise<FoundCommands | undefined> {
  const texts: (readonly [string, string])[] = []
  for (const name of PYTHON) {
    const text = await view.read(`${tree}/${name}`)
    if (text !== undefined) texts.push([`${tree}/${name}`, text])
  }
  const [any] = texts
  if (any === undefined) return undefined
  // How packages come into an environment of python is not to be seen in a manifest: one command makes it, another fills it.
  if (texts.some(([path]) => /requirements|pyproject/.test(path))) ask('code_packages', { path: any[0] })
  const naming = (word: RegExp) =>
    texts.find(([path, text]) => word.test(text) || path.endsWith('pytest.ini'))
  const runner = naming(/\bpytest\b/)
  if (runner === undefined) return {}
  const counts = texts.some(([, text]) => /\bpytest-cov\b/.test(text))
  return {
    test: {
      argv: [
        'python3',
        '-m',
        'pytest',
        '--junitxml=report.xml',
        ...(counts ? ['--cov=.', '--cov-report=xml:coverage.xml'] : []),
      ],
      from: runner[0],
      results: { format: 'junit', file: 'report.xml' },
      ...(counts ? { coverage: { format: 'cobertura', file: 'coverage.xml' } } : {}),
    },
  }
}

// --- go -----------------------------------------------------------------------------------------------------------------

/** `go test -json` writes to its output alone: a script of the repository puts that into a file. */
async function ofGo(tree: string, view: ScanView): Promise<FoundCommands | undefined> {
  const path = `${tree}/go.mod`
  if ((await view.path(path)).kind !== 'file') return undefined
  for (const name of ['script/test', 'scripts/test.sh', 'test.sh']) {
    const text = await view.read(`${tree}/${name}`)
    const file = /go test\b.*-json\b.*>\s*([A-Za-z0-9_./-]+)/.exec(text ?? '')?.[1]
    if (file === undefined || file.startsWith('/')) continue
    const test: FoundTest = {
      argv: [`./${name}`],
      from: `${tree}/${name}`,
      results: { format: 'go-json', file: file.replace(/^\.\//, '') },
    }
    return { test, build: { argv: ['go', 'build', './...'], from: path } }
  }
  return { build: { argv: ['go', 'build', './...'], from: path } }
}
