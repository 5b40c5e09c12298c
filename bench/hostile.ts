// Texts of 64 kB, each written to be as slow as can be in one way: what is nested, repeated, grown, copied, decoded, handed on. Nothing in
// them is of any case that somebody judges us by.

const SIZE = 65_500
const fill = (piece: string, size = SIZE) => piece.repeat(Math.ceil(size / piece.length)).slice(0, size)
function count(piece: (i: number) => string, size = SIZE): string {
  let all = ''
  for (let i = 0; all.length < size; i++) all += piece(i)
  return all.slice(0, size)
}
const nest = (open: string, close: string, depth: number, inner: string) =>
  open.repeat(depth) + inner + close.repeat(depth)

export const HOSTILE: readonly (readonly [name: string, text: string])[] = [
  // One thing again and again.
  ['one word', fill('a')],
  ['commands', fill('ls; ')],
  ['deletions', fill('rm -rf x; ')],
  ['deletions of many names', count((i) => `rm -rf x${i}; `)],
  ['words', `rm -rf ${count((i) => `x${i} `)}`],
  ['quotes', fill('"\'')],
  ['NUL and CR', fill('\0\r')],
  ['carriage returns', fill('ls\r')],
  ['unknown programs', count((i) => `prog${i} a b; `)],
  ['unknown names of programs', fill('$x rm a; ')],
  // Nested.
  ['opened braces', fill('{')],
  ['subshells', fill('(')],
  ['groups in groups', fill(`${nest('(', ')', 60, 'ls')};`)],
  ['opened substitutions', fill('$(echo ')],
  ['substitutions in substitutions', fill(`${nest('$(echo ', ')', 30, 'x')}; `)],
  ['loops in loops', nest('for i in a b; do ', '; done', 40, 'rm $i')],
  ['conditions in conditions', fill(nest('if x; then ', '; fi; ', 20, 'rm a'))],
  ['defaults in defaults', `echo ${fill(`${nest('${a:-', '}', 30, 'b')} `)}`],
  // Pipes, redirections, files.
  ['pipes', fill('cat | ')],
  ['pipes with files', count((i) => `tee f${i} | `)],
  ['redirects', fill('>x <y ')],
  ['redirects to many files', count((i) => `echo a >x${i}; `)],
  ['descriptors', count((i) => `exec {fd${i}}>f${i}; `)],
  ['heredocs', fill('cat <<E\nE\n')],
  ['heredocs for a shell', fill('sh <<E\nls\nE\n')],
  ['process substitutions', fill('cat <(ls) ')],
  ['processes to write to', fill('tee >(cat) ')],
  ['files written and run', count((i) => `echo ls >f${i}; . ./f${i}; `)],
  ['links', count((i) => `ln -s a${i} b${i}; `)],
  ['moves', `mv ${count((i) => `x${i} `)} d`],
  ['moves of moves', count((i) => `mv a${i} a${i + 1}; `)],
  // Braces, wildcards, paths.
  ['pairs of braces', `echo ${fill('{a,b}')}`],
  ['words with braces', `rm ${fill('{a,b}{c,d}{e,f}{g,h}{i,j}{k,l} ')}`],
  ['braces in braces', `rm ${fill(`${nest('{a,', '}', 30, 'b')} `)}`],
  ['ranges', `echo ${fill('{1..1000000} ')}`],
  ['short ranges', `rm ${fill('{1..32}{1..32} ')}`],
  ['globs', `rm ${fill('*?[a-z]')}`],
  ['words with globs', `rm ${fill('*?[a-z]* ')}`],
  ['names with globs', count((i) => `?${i.toString(36)}* a; `)],
  ['trees', `rm -rf ${fill('**/a/**/b ')}`],
  ['alternatives', `rm ${fill('@(a|b)')}`],
  ['words with alternatives', `rm ${fill('@(a|b) ')}`],
  ['open deep paths', `rm ${fill('/*/b*/*c/d*/e?/*/*/*/i/j/k ')}`],
  ['paths up', `rm -rf ${fill('../')}`],
  ['directories', fill('cd a; rm -rf x; ')],
  ['directories, perhaps', fill('if x; then cd a; fi; rm b; ')],
  // What a shell remembers.
  ['variables', fill('A=$B$A; ')],
  ['many variables', count((i) => `V${i}=$V${i - 1}x; `)],
  ['variables before a command', `${count((i) => `V${i}=1 `)} ls`],
  ['variables, perhaps', count((i) => `a || V${i}=1; `)],
  ['appended', fill('A+=x$B; ')],
  ['doubled', `a=aaaaaaaaaaaaaaaa; ${fill('a=$a$a; ')}`],
  ['alternatives of values', fill('if x; then a=b; else a=c; fi; b=$a$a$a; rm $b; ')],
  ['a list handed on', `A=(${fill('a ', 30_000)}); ${fill('rm "${A[@]}"; ', 30_000)}`],
  ['arguments handed on', `set -- ${fill('a ', 20_000)}; ${fill('rm "$@"; ', 40_000)}`],
  ['case arms', `case $x in ${count((i) => `a${i}) V=${i};; `)} esac; rm $V`],
  ['loops', fill('for i in a b c; do echo $i; done; ')],
  ['functions', fill('f() { g; }; g() { f; }; f; ')],
  ['functions that double', count((i) => (i < 40 ? `f${i}() { f${i - 1}; f${i - 1}; }; ` : 'f39; '))],
  ['names for commands', `${count((i) => `alias a${i}='a${i - 1} x'; `)} a99`],
  // Programs that start programs.
  ['sudo', fill('sudo ')],
  ['xargs', fill('xargs ')],
  ['find -exec', fill('find . -exec ')],
  ['shells', fill('bash -c ')],
  ['command', fill('command ')],
  ['ssh', fill('ssh h ')],
  ['eval of what grows', fill('A="$A ls"; eval $A; ')],
  ['a text run again', `x='${fill('ls; ', 30_000)}'; ${fill('sh -c "$x"; ', 30_000)}`],
  // What decodes, filters, and other languages.
  ['base64', `echo ${fill('cm0gLXJmIC8=')} | base64 -d | sh`],
  ['base64 again', fill('echo cm0gLXJmIC8= | base64 -d | sh; ')],
  ['base64 of base64', `echo ${fill('cm0gLXJmIC8=', 60_000)}${' | base64 -d | base64'.repeat(200)} | sh`],
  ['xxd', `echo ${fill('726d')} | xxd -r -p | sh`],
  ['filters', `echo ${fill('ab', 60_000)}${' | tr a b | rev'.repeat(100)} | sh`],
  ['SQL', `psql -c "${fill('select ((')}"`],
  ['SQL statements', `psql -c "${fill('delete from t; ')}"`],
  ['python', `python3 -c "${fill('x=[(')}"`],
  ['python texts', `python3 -c "${fill("a+'b'+")}"`],
  ['javascript', `node -e "${fill('{(')}"`],
  ['perl', `perl -e '${fill('s/a/b/e;')}'`],
  ['awk', `awk '${fill('{print $1 > "x"}')}'`],
  // Files that hold scripts.
  [
    'a makefile whose variables double',
    `printf '${count((i) => (i < 40 ? `A${i}=$(A${i - 1})$(A${i - 1})\\n` : i === 40 ? 'all:\\n' : '\\trm $(A39)\\n'))}' > Makefile; make`,
  ],
  ['targets of a makefile', `printf '${count((i) => `t${i}: t${i + 1}\\n\\trm $@\\n`)}' > Makefile; make`],
  ['a first line', `printf '#!${fill('/usr/bin/env ', 60_000)}' > x; ./x`],
]
