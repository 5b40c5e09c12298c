// Compilers, linkers, and generators of code: what they are told to write, and where.
import { type Tool, touch } from '../tool.ts'
import { literal } from '../value.ts'
import { type Made, made } from './made.ts'

/** Letters of a C compiler that begin longer options: `-std=c11`, `-Wall`, `-isystem`. */
const C_LETTERS = 'fWmDOLlsgMUBATpxid'

const C_NAMES = `gcc g++ cc c++ clang clang++ gfortran icc icx tcc c89 c99 mpicc mpicxx emcc em++ musl-gcc gdc gccgo ${[
  'gcc',
  'g++',
  'clang',
  'clang++',
]
  .flatMap((name) => Array.from({ length: 12 }, (_, i) => `${name}-${i + 9}`))
  .join(' ')}`

const C_LIKE: readonly Made[] = [
  {
    names: C_NAMES,
    files: 'o',
    takes: 'I',
    attached: C_LETTERS,
  },
  { names: 'nvcc hipcc', files: 'o output-file', trees: 'odir output-directory', attached: 'ILlDgOx' },
  {
    names: 'ld gold lld ld.lld ld.gold ld.bfd mold wasm-ld',
    files: 'o output Map dependency-file',
    takes: 'T L l e m z u y h rpath dynamic-linker soname script',
  },
  { names: 'as gas yasm', files: 'o MD', takes: 'I', attached: 'amgD' },
  { names: 'nasm', files: 'o l E MD MF', takes: 'f F I D P p O X', attached: 'wg' },
  {
    names: 'objcopy gobjcopy llvm-objcopy',
    takes: 'I O F B j R K N L W',
    words: 'edit',
    files: 'o dump-section',
  },
  { names: 'strip gstrip llvm-strip', files: 'o output-file', takes: 'I O F K N R', words: 'edit' },
  { names: 'ranlib', words: 'edit' },
  { names: 'windres', files: 'o output', reads: 'i input', takes: 'I D J O F', words: 'last' },
]

const OTHERS: readonly Made[] = [
  {
    names: 'rustc',
    files: 'o',
    trees: 'out-dir',
    takes:
      'L l C A W D F Z crate-name crate-type edition emit print target cap-lints codegen extern cfg check-cfg sysroot remap-path-prefix',
  },
  {
    names: 'swiftc',
    style: 'words',
    files: 'o emit-module-path',
    trees: 'module-cache-path',
    takes: 'I L l D target sdk',
  },
  {
    names: 'ghc stack-ghc',
    style: 'words',
    files: 'o',
    trees: 'odir hidir outputdir stubdir dumpdir',
    alone: 'c i v',
  },
  { names: 'ocamlc ocamlopt', style: 'words', files: 'o', takes: 'I w open', alone: 'c i a g' },
  { names: 'fpc', attached: 'oFEU', files: 'o', words: 'read' },
  { names: 'mcs csc', style: 'words', files: 'out doc', takes: 'r target' },
  { names: 'gnatmake', files: 'o', trees: 'D' },
  {
    names: 'javac ecj',
    style: 'words',
    trees: 'd s h',
    takes: 'cp classpath class-path p module-path source target release encoding processor proc sourcepath',
    alone: 'g nowarn verbose deprecation',
  },
  { names: 'javadoc dokka', style: 'words', trees: 'd', takes: 'cp classpath sourcepath link doclet' },
  {
    names: 'kotlinc kotlinc-jvm scalac scala3-compiler groovyc',
    style: 'words',
    trees: 'd',
    takes: 'cp classpath jvm-target',
    alone: 'e',
  },
  { names: 'erlc elixirc', files: 'MF', trees: 'o output', takes: 'I D pa pz' },
  {
    names: 'zig',
    style: 'words',
    files: 'femit-bin femit-asm',
    trees: 'prefix cache-dir global-cache-dir output-dir',
    takes: 'target mcpu name O I L',
  },
  { names: 'nim', files: 'o out', trees: 'outdir nimcache', takes: 'd p path define' },
  { names: 'crystal', verbs: 'build docs', files: 'o output', takes: 'D' },
  { names: 'dart', verbs: 'compile doc', files: 'o output', trees: 'output-dir' },
  { names: 'dmd ldc2', style: 'words', files: 'of of= Xf= Df=', trees: 'od= Dd=' },
  {
    names: 'bison yacc byacc',
    files: 'o output report-file',
    attached: 'dgx',
    takes: 'b p L S t W file-prefix',
  },
  { names: 'flex lex re2c', files: 'o outfile header-file tables-file', attached: 'C', takes: 'P S' },
  {
    names: 'swig',
    style: 'words',
    files: 'o oh',
    trees: 'outdir',
    takes: 'module I package',
    alone: 'python java',
  },
  {
    names: 'protoc buf',
    files: 'o descriptor_set_out dependency_out',
    trees:
      'cpp_out csharp_out java_out js_out kotlin_out objc_out php_out pyi_out python_out ruby_out rust_out go_out go-grpc_out grpc_out ts_out grpc_python_out dart_out swift_out doc_out openapiv2_out grpc-gateway_out output',
    takes: 'I proto_path plugin',
  },
  { names: 'flatc', trees: 'o', takes: 'I' },
  { names: 'thrift', style: 'words', trees: 'o out', takes: 'gen I' },
  {
    names: 'openapi-generator openapi-generator-cli swagger-codegen',
    trees: 'o output',
    reads: 'i input-spec c config',
    takes: 'g',
  },
  { names: 'antlr4 antlr', style: 'words', trees: 'o', takes: 'lib package encoding' },
  {
    names: 'm4 gm4',
    files: 'o error-output debugfile F freeze-state',
    reads: 'R reload-state',
    takes: 'D I U B H L l d debug',
    attached: 's',
  },
  { names: 'cpp gcpp', words: 'second', attached: C_LETTERS },
  {
    names: 'cmake',
    trees: 'B prefix install-prefix',
    takes: 'S G T A D U C P E install build target config parallel j preset',
    attached: 'DW',
    words: 'names',
  },
  { names: 'meson', verbs: 'setup', trees: 'prefix destdir', takes: 'D buildtype', words: 'into' },
  { names: 'ninja', takes: 'C f j k l t d', files: 'o', words: 'names' },
  {
    names: 'dotnet',
    trees: 'o output results-directory artifacts-path',
    files: 'bl',
    takes: 'c configuration f framework r runtime v verbosity n name p',
    words: 'names',
  },
  {
    names: 'cargo',
    trees: 'target-dir root out-dir artifact-dir',
    takes:
      'p package F features j jobs manifest-path target profile bin example test Z vers version config color',
    words: 'names',
  },
]

/** Go reads a word with one dash or two; the verb stands first. */
const GO: readonly Tool[] = [
  {
    names: 'go',
    style: 'posix',
    sub: {
      'build test install run vet tool list clean get': made({
        names: '',
        style: 'words',
        files: 'o coverprofile cpuprofile memprofile blockprofile mutexprofile trace html func',
        trees: 'outputdir test.outputdir pkgdir',
        reads: 'overlay modfile',
        takes:
          'C p asmflags buildmode compiler gcflags ldflags mod tags toolexec exec run bench count timeout cpu covermode coverpkg f installsuffix',
        alone: 'v x n a i e m u t d race json short cover',
        words: 'names',
      }),
      mod: { sub: { vendor: made({ names: '', style: 'words', trees: 'o', alone: 'v e' }), '*': {} } },
      'doc env fmt generate version bug fix telemetry work help': {},
    },
  },
]

/** `-MF file` and its kin: one dash, a whole word, then a file that is written. */
const BESIDE = /^-(?:MF|MJ|dumpdir|serialize-diagnostics|gsplit-dwarf-output)$/
const beside: Tool = {
  names: C_NAMES,
  harmless: '',
  act: ({ args, ...call }) => {
    for (const [i, field] of args.entries())
      if (BESIDE.test(literal(args[i - 1]?.value ?? []) ?? '')) touch({ ...call, args }, 'path.write', field)
    return undefined
  },
}

export const COMPILERS: readonly Tool[] = [...[...C_LIKE, ...OTHERS].map(made), beside, ...GO]
