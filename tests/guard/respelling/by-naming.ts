// The same file under another name for it, and the same options written another way.
import { posix } from 'node:path'
import type { Random } from '../seed.ts'
import { ofWords, type Spelling } from './spelling.ts'
import { DIRECTORIES, HOME, PATHS } from './tree.ts'
import { joined, plainly, type Word } from './words.ts'

/** The path from HOME that a word names, where it is one of the tree. */
function pathOf({ value, operator }: Word): string | undefined {
  if (value === undefined || operator !== undefined || value.startsWith('-') || value.includes('='))
    return undefined
  const found = posix.relative(HOME, posix.resolve(HOME, value))
  return PATHS.includes(found) ? found : undefined
}

const isRelative = ({ value }: Word) => value?.startsWith('/') === false

/** Whose words are paths wherever one of the tree stands: a unit or a container may have the same name. */
const FILE_TOOLS = new Set(
  'awk base64 cat chmod chown cp cut dd diff echo find grep head install ln mkdir mv od printf rm rmdir sed shred sort tail tar tee touch truncate unlink wc'.split(
    ' ',
  ),
)

const pathsAt = (words: readonly Word[]): readonly number[] =>
  words.flatMap((word, i) =>
    (FILE_TOOLS.has(words[0]?.value ?? '') || words[i - 1]?.operator === true) &&
    i > 0 &&
    pathOf(word) !== undefined
      ? [i]
      : [],
  )

/** One path of the command by another name. `before` runs first. */
const renamed = (
  name: string,
  spell: (path: string, random: Random) => { readonly before?: string; readonly word: string } | undefined,
): Spelling =>
  ofWords(name, (words, random) => {
    const able = pathsAt(words)
    if (able.length === 0) return undefined
    const at = random.pick(able)
    const made = spell(pathOf(words[at] as Word) ?? '', random)
    if (made === undefined) return undefined
    return (made.before ?? '') + words.map(({ raw }, i) => (i === at ? made.word : raw)).join(' ')
  })

/** All paths of the command as they are called from another directory. */
const from = (
  name: string,
  spell: (directory: string, command: string, random: Random) => string | undefined,
): Spelling =>
  ofWords(name, (words, random) => {
    const able = pathsAt(words)
    // A word that might be a relative path and is none of the tree would move along.
    const rest = words.slice(1).filter((word, i) => !able.includes(i + 1) && word.operator === undefined)
    if (able.length === 0 || rest.some((word) => isRelative(word) && /[./]/.test(word.value ?? '')))
      return undefined
    if (rest.some(({ value }) => value === undefined) || words[0]?.value?.includes('/')) return undefined
    if (
      words.some(
        (word, i) => words[i - 1]?.operator === true && pathOf(word) === undefined && isRelative(word),
      )
    )
      return undefined
    const directory = random.pick(['/', '/srv', ...Array.from(DIRECTORIES, (one) => `${HOME}/${one}`)])
    const all = words.map((word, i) => {
      if (!able.includes(i)) return word.raw
      const relative = posix.relative(directory, posix.resolve(HOME, word.value ?? ''))
      return plainly(relative === '' ? '.' : relative)
    })
    // `rm .` and `mv ..` are refused by the tools themselves.
    if (all.some((word) => /^[./]+$/.test(word))) return spell(HOME, joined(words), random)
    return spell(directory, all.join(' '), random)
  })

/** The pattern, if it names this one path and nothing else of the tree. */
function only(pattern: string, path: string): string | undefined {
  const source = pattern
    .split('/')
    .map((name) =>
      Array.from(name.matchAll(/\[[^\]]+\]|\*|\?|./g), ([part]) =>
        part === '*'
          ? '[^/]*'
          : part === '?'
            ? '[^/]'
            : part.length > 1
              ? part.replace('[!', '[^')
              : part.replace(/\W/, '\\$&'),
      ).join(''),
    )
    .join('/')
  const matcher = new RegExp(`^${source}$`)
  const hits = PATHS.filter(
    (one) =>
      matcher.test(one) &&
      one.split('/').every((name, i) => !name.startsWith('.') || pattern.split('/')[i]?.startsWith('.')),
  )
  return hits.length === 1 && hits[0] === path ? pattern : undefined
}

const GLOBS: readonly ((name: string, random: Random) => string)[] = [
  (name, { below }) => {
    const at = below(name.length)
    return `${name.slice(0, at)}?${name.slice(at + 1)}`
  },
  (name, { below }) => {
    const at = below(name.length)
    return `${name.slice(0, at)}[${name[at]}]${name.slice(at + 1)}`
  },
  (name, { below }) => {
    const at = below(name.length)
    return `${name.slice(0, at)}[!~]${name.slice(at + 1)}`
  },
  (name, { below }) => {
    const at = below(name.length)
    return `${name.slice(0, at)}[a-z]${name.slice(at + 1)}`
  },
  (name, { below }) => `${name.slice(0, 1 + below(name.length))}*`,
  (name, { below }) => `*${name.slice(below(name.length))}`,
  (name, { below }) => {
    const at = below(name.length)
    return `${name.slice(0, at)}*${name.slice(at)}`
  },
]

/** Long names of short options that say nothing else, from each tool's manual. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  rm: { r: 'recursive', R: 'recursive', f: 'force', v: 'verbose', d: 'dir' },
  cp: { r: 'recursive', R: 'recursive', f: 'force', a: 'archive', v: 'verbose', T: 'no-target-directory' },
  mv: { f: 'force', v: 'verbose', T: 'no-target-directory' },
  chmod: { R: 'recursive', v: 'verbose', f: 'silent' },
  chown: { R: 'recursive', v: 'verbose', h: 'no-dereference' },
  ln: { s: 'symbolic', f: 'force', n: 'no-dereference', T: 'no-target-directory' },
  tee: { a: 'append', i: 'ignore-interrupts' },
  mkdir: { p: 'parents', v: 'verbose' },
  rmdir: { p: 'parents', v: 'verbose' },
  touch: { c: 'no-create', h: 'no-dereference' },
  shred: { u: 'remove', f: 'force', z: 'zero', v: 'verbose' },
  truncate: { c: 'no-create' },
  cat: { n: 'number', E: 'show-ends', T: 'show-tabs' },
  sort: { r: 'reverse', u: 'unique', n: 'numeric-sort' },
}
/** As short as each may become: unique among the options of its tool. */
const SHORTEST: Readonly<Record<string, number>> = {
  recursive: 3,
  force: 1,
  verbose: 4,
  dir: 1,
  archive: 1,
  'no-target-directory': 4,
  silent: 1,
  'no-dereference': 4,
  symbolic: 2,
  append: 1,
  'ignore-interrupts': 2,
  parents: 2,
  'no-create': 4,
  remove: 3,
  zero: 1,
  number: 6,
  'show-ends': 6,
  'show-tabs': 6,
  reverse: 3,
  unique: 1,
  'numeric-sort': 1,
}

const letters = (tool: string | undefined, { raw }: Word): readonly string[] | undefined => {
  const known = Object.hasOwn(OPTIONS, tool ?? '') ? OPTIONS[tool ?? ''] : undefined
  if (known === undefined || !/^-[A-Za-z]+$/.test(raw)) return undefined
  const all = Array.from(raw.slice(1))
  return all.every((one) => known[one] !== undefined) ? all : undefined
}

const optionsOf = (
  name: string,
  spell: (all: readonly string[], tool: string, random: Random) => string,
): Spelling =>
  ofWords(name, (words, random) => {
    const tool = words[0]?.value
    if (!words.some((word) => letters(tool, word) !== undefined)) return undefined
    return words
      .map((word) => {
        const all = letters(tool, word)
        return all === undefined ? word.raw : spell(all, tool ?? '', random)
      })
      .join(' ')
  })

export const BY_NAMING: readonly Spelling[] = [
  renamed('absolute', (path) => ({ word: `${HOME}/${path}` })),
  renamed('$PWD', (path, { pick }) => ({
    word: pick([`"$PWD"/${path}`, `$PWD/${path}`, `"$PWD/${path}"`, `~+/${path}`, `"$(pwd)/${path}"`]),
  })),
  renamed('a dot in front', (path, { pick }) => ({
    word: pick([`./${path}`, `././${path}`, `.//${path}`, `/srv/./app/${path}`]),
  })),
  renamed('dots inside', (path, { pick }) => ({
    word: path.includes('/') ? path.replaceAll('/', pick(['//', '/./', '/.//'])) : `./${path}`,
  })),
  renamed('there and back', (path, { pick }) => {
    const directory = pick([...DIRECTORIES])
    const back = directory
      .split('/')
      .map(() => '..')
      .join('/')
    return { word: pick([`${directory}/${back}/${path}`, `../app/${path}`, `/srv/../srv/app/${path}`]) }
  }),
  renamed('a glob', (path, random) => {
    const names = path.split('/')
    const at = random.pick([names.length - 1, random.below(names.length)])
    const glob = random.pick(GLOBS)(names[at] ?? '', random)
    const word = only(names.map((name, i) => (i === at ? glob : name)).join('/'), path)
    return word === undefined ? undefined : { word }
  }),
  renamed('globs', (path, random) => {
    const word = only(
      path
        .split('/')
        .map((name) => random.pick(GLOBS)(name, random))
        .join('/'),
      path,
    )
    return word === undefined ? undefined : { word }
  }),
  renamed('a glob in a variable', (path, random) => {
    const names = path.split('/')
    const glob = random.pick(GLOBS)(names.at(-1) ?? '', random)
    const word = only([...names.slice(0, -1), glob].join('/'), path)
    return word === undefined ? undefined : { before: `g='${word}'; `, word: '$g' }
  }),
  ofWords('braces with nothing', (words, { pick }) => {
    const able = pathsAt(words)
    if (able.length === 0 || words.some(({ operator }) => operator === true)) return undefined
    const at = pick(able)
    return words.map(({ raw }, i) => (i === at ? pick([`{${raw},}`, `{,${raw}}`]) : raw)).join(' ')
  }),
  renamed('a variable for a part', (path, { below }) => {
    const names = path.split('/')
    const at = below(names.length)
    return {
      before: `d=${plainly(names[at] ?? '')}; `,
      word: names.map((name, i) => (i === at ? '"$d"' : name)).join('/'),
    }
  }),
  renamed('a variable for the root', (path, { pick }) => ({
    before: `ROOT=${pick([HOME, `${HOME}/`, './', '.'])}; `,
    word: `"$ROOT/${path}"`,
  })),
  renamed('dirname', (path) => ({ word: `"$(dirname ${HOME}/${path})"/"$(basename ${path})"` })),
  renamed('a link to its directory', (path) => ({
    before: `ln -s ${HOME}/${posix.dirname(path)} /tmp/link; `,
    word: `/tmp/link/${posix.basename(path)}`,
  })),
  renamed('realpath', (path) => ({ word: `"$(realpath ${path})"` })),
  from('cd &&', (directory, command, { pick }) =>
    pick([`cd ${directory} && ${command}`, `cd ${directory}; ${command}`, `cd ${directory}\n${command}`]),
  ),
  from('cd in a subshell', (directory, command) => `(cd ${directory} && ${command})`),
  from('pushd', (directory, command) => `pushd ${directory} >/dev/null && ${command}`),
  from(
    'cd in steps',
    (directory, command) =>
      `${
        directory === '/'
          ? 'cd /'
          : directory
              .slice(1)
              .split('/')
              .map((name, i) => `cd ${i === 0 ? '/' : ''}${name}`)
              .join(' && ')
      } && ${command}`,
  ),
  from('cd by a variable', (directory, command) => `d=${directory}; cd "$d" && ${command}`),
  from('cd -', (directory, command) => `cd ${directory}; cd /tmp; cd - >/dev/null; ${command}`),
  from('env -C', (directory, command) =>
    /[<>]/.test(command) ? undefined : `env -C ${directory} ${command}`,
  ),
  from(
    'bash -c after cd',
    (directory, command) => `cd ${directory} && bash -c '${command.replaceAll("'", "'\\''")}'`,
  ),
  from('a function that goes there', (directory, command) => `at() { cd ${directory}; }; at; ${command}`),
  optionsOf('options apart', (all) => all.map((one) => `-${one}`).join(' ')),
  optionsOf('options turned', (all, _, { shuffled }) => `-${shuffled(all).join('')}`),
  optionsOf('options doubled', (all) => `-${all.join('')} -${all.at(-1)}`),
  optionsOf('long options', (all, tool) => all.map((one) => `--${OPTIONS[tool]?.[one]}`).join(' ')),
  optionsOf('long options, short', (all, tool, { below }) =>
    all
      .map((one) => {
        const long = OPTIONS[tool]?.[one] ?? ''
        const least = SHORTEST[long] ?? long.length
        return `--${long.slice(0, least + below(long.length - least + 1))}`
      })
      .join(' '),
  ),
  ofWords('options last', (words) => {
    const tool = words[0]?.value
    const options = words.filter((word) => letters(tool, word) !== undefined)
    if (options.length === 0 || words.some(({ raw, operator }) => operator === true || raw === '--'))
      return undefined
    return joined([...words.filter((word) => !options.includes(word)), ...options])
  }),
  ofWords('--', (words) => {
    const tool = words[0]?.value
    if (!Object.hasOwn(OPTIONS, tool ?? '') || words.some(({ operator }) => operator === true))
      return undefined
    const at = words.findIndex((word, i) => i > 0 && !word.raw.startsWith('-'))
    if (at === -1 || words.slice(at).some(({ raw }) => raw.startsWith('-'))) return undefined
    if (words.slice(1, at).some((word) => letters(tool, word) === undefined)) return undefined
    return joined([...words.slice(0, at), { raw: '--' }, ...words.slice(at)])
  }),
]
