// The same words behind quotes, escapes, expansions and substitutions whose value stands in the text.
import { Buffer } from 'node:buffer'
import { ofOneWord, ofValues, ofWords, type Spelling } from './spelling.ts'
import { joined, plainly, quoted } from './words.ts'

const PLAIN = /^[\w@%+=:,./-]+$/

const hex = (character: string) =>
  character > '\u007f' ? character : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
const octal = (character: string) =>
  character > '\u007f' ? character : `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`

export const BY_QUOTING: readonly Spelling[] = [
  ofOneWord('empty quotes inside', (value, { below, pick }) => {
    const at = 1 + below(Math.max(1, value.length - 1))
    return `${plainly(value.slice(0, at))}${pick(["''", '""', "$''"])}${plainly(value.slice(at))}`
  }),
  ofOneWord('a part between quotes', (value, { below, pick }) => {
    const from = below(value.length)
    const to = from + 1 + below(value.length - from)
    const part = value.slice(from, to)
    const inner = pick([true, false]) && !/["$`\\!]/.test(part) ? `"${part}"` : quoted(part)
    const before = value.slice(0, from)
    const behind = value.slice(to)
    return `${before === '' ? '' : plainly(before)}${inner}${behind === '' ? '' : plainly(behind)}`
  }),
  ofOneWord('backslashes', (value, { below }) =>
    PLAIN.test(value) ? Array.from(value, (one) => (below(2) === 0 ? `\\${one}` : one)).join('') : undefined,
  ),
  ofOneWord("$'…'", (value, { pick }) =>
    /[\\']/.test(value)
      ? undefined
      : `$'${Array.from(value, (one) => pick([hex, octal, (same: string) => same])(one)).join('')}'`,
  ),
  ofOneWord('$"…"', (value) => (/["$`\\!]/.test(value) ? undefined : `$"${value}"`)),
  ofOneWord('a variable', (value) => ({ before: `v=${plainly(value)}; `, word: '"$v"' })),
  ofOneWord('a variable of two', (value, { below }) => {
    const at = below(value.length + 1)
    return {
      before: `a=${quoted(value.slice(0, at))}; b=${quoted(value.slice(at))}; `,
      word: ['"$a$b"', '"${a}${b}"', '"$a""$b"'][at % 3] as string,
    }
  }),
  ofOneWord('a variable, bare', (value) =>
    PLAIN.test(value) ? { before: `v=${value}\n`, word: '$v' } : undefined,
  ),
  ofOneWord('a variable appended to', (value, { below }) => {
    const at = below(value.length + 1)
    return { before: `v=${quoted(value.slice(0, at))}; v+=${quoted(value.slice(at))}; `, word: '"$v"' }
  }),
  ofOneWord('a default', (value, { pick }) =>
    PLAIN.test(value)
      ? { before: 'unset nope; ', word: `"\${nope${pick([':-', '-', ':='])}${value}}"` }
      : undefined,
  ),
  ofOneWord('an alternative', (value) =>
    PLAIN.test(value) ? { before: 'yes=1; ', word: `"\${yes:+${value}}"` } : undefined,
  ),
  ofOneWord('lower case of', (value, { pick }) =>
    /^[a-z./-]+$/.test(value)
      ? { before: `v=${value.toUpperCase()}; `, word: pick(['"${v,,}"', '"${v@L}"']) }
      : undefined,
  ),
  ofOneWord('a piece of', (value) => ({
    before: `v=${quoted(`__${value}__`)}; `,
    word: `"\${v:2:${value.length}}"`,
  })),
  ofOneWord('without its start', (value) => ({ before: `v=${quoted(`__${value}`)}; `, word: '"${v#__}"' })),
  ofOneWord('without its end', (value) =>
    value.includes('__') ? undefined : { before: `v=${quoted(`${value}__`)}; `, word: '"${v%%__*}"' },
  ),
  ofOneWord('replaced', (value, { below }) => {
    if (value.includes('^')) return undefined
    const at = below(value.length + 1)
    return {
      before: `v=${quoted(`${value.slice(0, at)}^${value.slice(at)}`)}; `,
      word: '"${v//^/}"',
    }
  }),
  ofOneWord('by the name of another', (value) => ({
    before: `v=${plainly(value)}; n=v; `,
    word: '"${!n}"',
  })),
  ofOneWord('by a reference', (value) => ({
    before: `v=${plainly(value)}; declare -n n=v; `,
    word: '"$n"',
  })),
  ofOneWord('printf -v', (value) => ({ before: `printf -v v %s ${plainly(value)}; `, word: '"$v"' })),
  ofOneWord('read', (value) =>
    PLAIN.test(value) ? { before: `read -r v <<< ${plainly(value)}; `, word: '"$v"' } : undefined,
  ),
  ofOneWord('exported', (value) => ({ before: `export v=${plainly(value)}; `, word: '"$v"' })),
  ofOneWord('$(echo)', (value) =>
    value.startsWith('-') || value.includes('\\') ? undefined : `"$(echo ${plainly(value)})"`,
  ),
  ofOneWord('$(printf)', (value, { pick }) =>
    pick([`"$(printf %s ${plainly(value)})"`, `"$(printf '%s\\n' ${plainly(value)})"`]),
  ),
  ofOneWord('printf of codes', (value) => `"$(printf '${Array.from(value, octal).join('')}')"`),
  ofOneWord('backticks', (value) => (PLAIN.test(value) ? `"\`printf %s ${value}\`"` : undefined)),
  ofOneWord('base64', (value, { pick }) => {
    const code = Buffer.from(value).toString('base64')
    return pick([
      `"$(echo ${code} | base64 -d)"`,
      `"$(base64 -d <<< ${code})"`,
      `"$(printf %s ${code} | base64 --decode)"`,
    ])
  }),
  ofOneWord('hexadecimal', (value) =>
    value > '\u007f' ? undefined : `"$(echo -e '${Array.from(value, hex).join('')}')"`,
  ),
  ofOneWord('backwards', (value) =>
    PLAIN.test(value) ? `"$(echo ${Array.from(value).toReversed().join('')} | rev)"` : undefined,
  ),
  ofOneWord('tr', (value) =>
    /^[a-z/.]+$/.test(value)
      ? `"$(echo ${Array.from(value, (one) => (one >= 'a' && one <= 'z' ? String.fromCharCode(((one.charCodeAt(0) - 84) % 26) + 97) : one)).join('')} | tr a-z n-za-m)"`
      : undefined,
  ),
  ofOneWord('cut', (value) =>
    /^[\w./-]+$/.test(value) ? `"$(echo x:${value}:y | cut -d: -f2)"` : undefined,
  ),
  ofOneWord('a here-document', (value) => ({
    before: `v=$(cat <<'X'\n${value}\nX\n); `,
    word: '"$v"',
  })),
  ofValues('an array', (values, { pick }) => {
    const all = `c=(${values.map(plainly).join(' ')}); `
    return all + pick(['"${c[@]}"', values.map((_, i) => `"\${c[${i}]}"`).join(' ')])
  }),
  ofValues('an array in two steps', (values) => {
    const [first = '', ...rest] = values.map(plainly)
    return `c=(${first}); c+=(${rest.join(' ')}); "\${c[@]}"`
  }),
  ofValues('mapfile', (values) =>
    values.some((one) => one.includes('\n') || one === '')
      ? undefined
      : `mapfile -t c <<'X'\n${values.join('\n')}\nX\n"\${c[@]}"`,
  ),
  ofValues('set --', (values) => `set -- ${values.map(plainly).join(' ')}; "$@"`),
  ofValues('braces', (values) =>
    values.length > 1 && values.every((one) => /^[\w@%+=:./-]+$/.test(one))
      ? `{${values.join(',')}}`
      : undefined,
  ),
  ofValues('$IFS between', (values) =>
    values.every((one) => PLAIN.test(one)) ? values.join('${IFS}') : undefined,
  ),
  ofValues('IFS of its own', (values) =>
    values.every((one) => /^[\w@%+=:./-]+$/.test(one)) ? `c='${values.join(',')}'; IFS=,; $c` : undefined,
  ),
  ofValues('one variable, split', (values) =>
    values.every((one) => PLAIN.test(one)) ? `c='${values.join(' ')}'; $c` : undefined,
  ),
  ofWords('blanks', (words, { pick }) =>
    words.map(({ raw }) => `${pick([' ', '\t', '  ', ''])} ${raw}${pick(['', ' ', '\t'])}`).join(''),
  ),
  ofWords('lines continued', (words, { below }) => {
    const at = below(words.length)
    return words
      .map(({ raw, operator }, i) =>
        i === at && operator === undefined && /^\w+$/.test(raw) && raw.length > 1
          ? `${raw.slice(0, 1)}\\\n${raw.slice(1)}`
          : raw,
      )
      .join(' \\\n ')
  }),
  ofWords('a comment behind', (words) => `${joined(words)} # harmless`),
  ofWords('comments around', (words) => `# tidy up\n\n${joined(words)}\n# done\n`),
]
