//! How the page looks: light and dark, wide and narrow, and on paper, where everything is open and no colour is needed.

pub(super) const CSS: &str = "\
:root{color-scheme:light dark;--bg:#fff;--soft:#f6f8fa;--line:#d1d9e0;--ink:#1f2328;--muted:#57606a;--link:#0550ae;\
--comes:#116329;--comes-bg:#e6f9ea;--changes:#7d4e00;--changes-bg:#fff8c5;--moves:#0550ae;--moves-bg:#ddf4ff;--goes:#a40e26;--goes-bg:#ffebe9}\
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--soft:#151b23;--line:#2f3742;--ink:#e6edf3;--muted:#9da7b3;--link:#79c0ff;\
--comes:#7ee787;--comes-bg:#12271b;--changes:#f0c94a;--changes-bg:#2b230f;--moves:#79c0ff;--moves-bg:#10243e;--goes:#ffa198;--goes-bg:#341619}}\
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);\
font:15px/1.5 -apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Noto Sans',Helvetica,Arial,'Liberation Sans',sans-serif}\
main{max-width:1020px;margin:0 auto;padding:28px 20px 64px}h1{font-size:30px;line-height:1.2;margin:0 0 14px;overflow-wrap:anywhere}\
h2{font-size:19px;margin:40px 0 12px}h3{font-size:15px;margin:18px 0 6px}p{margin:8px 0}ul{margin:8px 0;padding-left:22px}\
code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace;overflow-wrap:anywhere}\
.eyebrow{color:var(--muted);margin:0;font-size:13px;letter-spacing:.04em}.muted{color:var(--muted)}\
dl{margin:0}dt{color:var(--muted);font-size:12.5px}dd{margin:0;overflow-wrap:anywhere}\
.where{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:10px 22px;border:1px solid var(--line);\
border-radius:10px;background:var(--soft);padding:14px 18px}.where dd{font-weight:600}\
.banner{border:1px solid;border-left-width:5px;border-radius:8px;padding:10px 14px}.careful{color:var(--changes);background:var(--changes-bg)}\
.bad{color:var(--goes);background:var(--goes-bg)}.good{color:var(--comes);background:var(--comes-bg)}\
table{border-collapse:collapse;width:100%;font-size:14px}th,td{text-align:left;vertical-align:top;padding:6px 10px;border-bottom:1px solid var(--line)}\
th{font-weight:600}thead th{color:var(--muted);font-size:12.5px;font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\
td{overflow-wrap:anywhere}.scroll table{min-width:640px}.scroll td,.scroll th{overflow-wrap:normal}.scroll table.totals{min-width:0}.where div:last-child{grid-column:1/-1}.nil{color:var(--muted)}.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:10px}\
.scroll table tr:last-child>*{border-bottom:0}.picture svg{display:block;min-width:760px;width:100%;height:auto}\
.sign{display:inline-block;min-width:1.6em;font:700 14px/1 ui-monospace,Menlo,Consolas,'Liberation Mono',monospace;text-align:center}\
.act{display:inline-block;border-radius:20px;padding:0 9px 0 3px;font-size:13px;font-weight:600;white-space:nowrap}\
.comes{color:var(--comes);background:var(--comes-bg)}.changes{color:var(--changes);background:var(--changes-bg)}\
.moves{color:var(--moves);background:var(--moves-bg)}.goes{color:var(--goes);background:var(--goes-bg)}\
.list{list-style:none;padding:0;margin:0}.list>li{padding:9px 0;border-bottom:1px solid var(--line)}.list>li:last-child{border-bottom:0}\
.list>li,.in,.ids{overflow-wrap:anywhere}.list p,.after{margin:3px 0 0}.after{color:var(--muted);font-size:14px;padding-left:18px}.ids{font-size:13.5px;overflow-wrap:anywhere}\
details{border:1px solid var(--line);border-radius:10px;margin:10px 0;background:var(--bg)}details>summary{padding:10px 14px;cursor:pointer;\
font-weight:600;overflow-wrap:anywhere}details[open]>summary{border-bottom:1px solid var(--line)}details>.in{padding:4px 16px 12px}\
details.small{border:0;margin:2px 0;background:none}details.small>summary{padding:2px 0;font-weight:400;font-size:13.5px;color:var(--muted);border:0}\
summary:focus-visible,.scroll:focus-visible,a:focus-visible{outline:2px solid var(--link);outline-offset:2px}\
thead th.n{white-space:nowrap}.fields{font-size:13.5px;table-layout:fixed;margin-top:4px}.fields td,.fields th{padding:4px 8px}.fields tr:last-child>*{border-bottom:0}.fields th{width:26%;font-weight:500;overflow-wrap:anywhere}\
pre{margin:4px 0;padding:8px 10px;background:var(--soft);border:1px solid var(--line);border-radius:6px;white-space:pre-wrap}\
pre ins,pre del{display:block;text-decoration:none}ins{color:var(--comes);background:var(--comes-bg);text-decoration:none}\
del{color:var(--goes);background:var(--goes-bg);text-decoration:none}\
.next div{display:flex;flex-wrap:wrap;gap:4px 14px;padding:5px 0}.next dt{min-width:130px;font-size:14px}.sum{font-size:12.5px}\
nav{margin-top:16px;font-size:14px}nav a{color:var(--link);margin-right:16px;white-space:nowrap;display:inline-block}\
@media (max-width:600px){.totals thead,.totals td.nil{display:none}.totals,.totals tbody,.totals tr,.totals td,.totals tr>th{display:block;width:auto}\
.totals tr{padding:5px 0;border-bottom:1px solid var(--line)}.totals tr:last-child{border:0}.totals td,.totals tr>th{border:0;padding:1px 10px;text-align:left}\
.totals td::before{content:attr(data-is) ': ';color:var(--muted)}main{padding:18px 14px 48px}h1{font-size:24px}.fields,.fields tbody,.fields tr,.fields td,.fields th{display:block;width:auto}\
.fields thead{display:none}.fields td{border:0;padding:0 8px}.fields tr{border-bottom:1px solid var(--line);padding:4px 0}.fields th{border:0}\
.fields td[data-is]::before{content:attr(data-is) ': ';color:var(--muted)}}\
@media print{:root{--bg:#fff;--soft:#fff;--line:#999;--ink:#000;--muted:#333;--link:#000;--comes:#000;--comes-bg:#fff;--changes:#000;--changes-bg:#fff;\
--moves:#000;--moves-bg:#fff;--goes:#000;--goes-bg:#fff}body{font-size:11pt}main{max-width:none;padding:0}nav{display:none}\
details{border:0;border-left:2px solid #999;border-radius:0}details::details-content{content-visibility:visible!important;display:block!important;\
block-size:auto!important;opacity:1!important}summary{list-style:none}.scroll{overflow:visible;border:0}.picture svg{min-width:0}\
.picture,li,tr{break-inside:avoid}.scroll table{min-width:0}h2,summary{break-after:avoid}pre ins::before{content:'+ '}pre del::before{content:'- '}}";
