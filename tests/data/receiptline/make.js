// node make.js COMMAND NAME...: writes each NAME.receipt as the bytes for a printer of that command set. See README.md.
const fs = require('fs');
const receiptline = require('receiptline');
const encodings = { chinese: 'gb18030' };
const [command, ...names] = process.argv.slice(2);

for (const name of names) {
    const receipt = fs.readFileSync(`${name}.receipt`, 'utf8');
    const printer = { cpl: 48, encoding: encodings[name] || 'cp437', command, spacing: true, cutting: true };
    fs.writeFileSync(`${name}-${command}.bin`, Buffer.from(receiptline.transform(receipt, printer), 'binary'));
}
