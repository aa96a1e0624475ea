#!/usr/bin/env node
import module from 'node:module';

const [major] = process.versions.node.split('.');
if (Number(major) < 20) {
  console.error(`scalectl needs Node 20 or newer; this is ${process.version}`);
  process.exit(2);
}
module.enableCompileCache?.();
const { main } = module.createRequire(import.meta.url)('../dist/main.js');
await main(process.argv.slice(2));
