/// The look of a report: light and dark as the reader's system is, one column on a telephone, black on white on paper.
enum PageStyle {
  static let text =
    rules + PlotStyle.css(.light) + "\n@media screen and (prefers-color-scheme:dark){\n" + dark + PlotStyle.css(.dark) + "\n}\n"
    + print

  private static let rules = """
    :root{color-scheme:light dark;--ground:#fff;--panel:#f4f6f8;--text:#1b2229;--soft:#525c66;--line:#d3d9df;--link:#0b5c9a;
      --good:#1a683d;--bad:#a3211d;--tint:87%;--ink:24%;--fill:72%}
    *{box-sizing:border-box}
    [hidden]{display:none!important}
    html{scroll-padding-top:3.5rem}
    body{margin:0 auto;padding:0 clamp(.8rem,3vw,2rem) 4rem;max-width:76rem;background:var(--ground);color:var(--text);
      font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}
    h1{font-size:1.7rem;line-height:1.25;margin:1.6rem 0 .3rem;overflow-wrap:anywhere}
    h2{font-size:1.3rem;margin:2.6rem 0 .8rem;padding-top:.8rem;border-top:1px solid var(--line)}
    section:first-child h2{border:0;margin-top:1rem}
    h3{font-size:1rem;margin:0 0 .5rem;overflow-wrap:anywhere}
    p{margin:.4rem 0 .8rem;max-width:52rem}
    a{color:var(--link)}
    .soft,.notes,figcaption,caption{color:var(--soft)}
    .notes,figcaption{font-size:.86rem}
    :focus-visible{outline:2px solid var(--link);outline-offset:2px}
    .skip{position:absolute;left:-99rem}
    .skip:focus{left:1rem;top:.5rem;z-index:9;background:var(--ground);padding:.5rem}
    nav{position:sticky;top:0;z-index:5;background:var(--ground);border-bottom:1px solid var(--line);padding:.5rem 0;
      display:flex;gap:.2rem 1.1rem;overflow-x:auto;white-space:nowrap}
    .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,14rem),1fr));gap:.8rem;margin:1rem 0;padding:0}
    .card{background:var(--panel);border:1px solid var(--line);border-radius:.5rem;padding:.8rem 1rem}
    .card dt{font-size:.88rem;color:var(--soft)}
    .card dd{margin:0}
    .card .value{font-size:2rem;font-weight:650;line-height:1.25;font-variant-numeric:tabular-nums}
    .card .spread{font-size:.9rem;color:var(--soft);font-variant-numeric:tabular-nums}
    .figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,21rem),1fr));gap:1.6rem 2rem;align-items:start}
    figure{margin:0;min-width:0;break-inside:avoid}
    figure.wide{grid-column:1/-1}
    figure svg{display:block;width:100%;height:auto;max-width:31rem}
    figure.wide svg{width:auto;max-width:none}
    figcaption{margin-top:.3rem}
    .download{font-size:.86rem;white-space:nowrap}
    .scroll{overflow-x:auto}
    .table{margin:1.2rem 0}
    table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums}
    caption{text-align:left;font-weight:600;color:var(--text);padding-bottom:.4rem}
    th,td{text-align:left;font-weight:inherit;padding:.28rem .8rem .28rem 0;border-bottom:1px solid var(--line);vertical-align:top}
    td{white-space:nowrap}
    td.long{white-space:normal;min-width:14rem;overflow-wrap:anywhere}
    td.number,th.number{text-align:right}
    td.best{font-weight:700}
    tbody th{overflow-wrap:anywhere;min-width:6rem}
    tbody th.long{min-width:11rem}
    thead th{white-space:nowrap;border-bottom:2px solid var(--line)}
    th button{font:inherit;font-weight:600;color:inherit;background:none;border:0;padding:0;cursor:pointer}
    th button::after{content:'\\2195';color:var(--soft);margin-left:.25em;font-weight:400}
    th[aria-sort=ascending] button::after{content:'\\2191';color:var(--link)}
    th[aria-sort=descending] button::after{content:'\\2193';color:var(--link)}
    .controls{display:flex;flex-wrap:wrap;gap:.6rem .9rem;align-items:end;margin-bottom:.8rem}
    .controls label{display:grid;gap:.15rem;font-size:.85rem;color:var(--soft);max-width:100%}
    select,input,.pager button{font:inherit;font-size:.95rem;color:var(--text);background:var(--ground);border:1px solid var(--soft);
      border-radius:.3rem;padding:.3rem .5rem;max-width:100%}
    .pager button{cursor:pointer}
    .pager button:disabled{color:var(--soft);border-color:var(--line);cursor:default}
    .pager{display:flex;flex-wrap:wrap;gap:.4rem .8rem;align-items:center;margin:.8rem 0}
    .sentence{border:1px solid var(--line);border-radius:.5rem;padding:.7rem .9rem;margin:.7rem 0;display:grid;gap:.6rem 1.4rem;
      grid-template-columns:minmax(0,3fr) minmax(0,2fr);break-inside:avoid}
    .sentence.alone{grid-template-columns:minmax(0,1fr)}
    .sentence h3{grid-column:1/-1;margin:0;font-size:.86rem;font-weight:600;color:var(--soft);display:flex;gap:.2rem .9rem;
      flex-wrap:wrap}
    .sentence dl{margin:0;display:grid;align-content:start;grid-template-columns:max-content minmax(0,1fr);gap:.35rem .8rem}
    .sentence dt{color:var(--soft);font-size:.84rem;padding-top:.25rem}
    .sentence dd{margin:0;line-height:1.9;overflow-wrap:anywhere}
    .context{background:var(--panel);border-radius:.4rem;padding:.5rem .7rem;font-size:.88rem;line-height:1.5;max-height:15rem;
      overflow:auto;overflow-wrap:anywhere;white-space:pre-line}
    .context mark{background:hsl(var(--h,210) 75% var(--tint));color:inherit;border-radius:.2em}
    .entity{background:hsl(var(--h,210) var(--fill) var(--tint));border-radius:.35em;padding:.12em .35em;
      box-decoration-break:clone;-webkit-box-decoration-break:clone}
    .entity b{font-size:.68em;font-weight:650;margin-left:.5em;color:hsl(var(--h,210) 80% var(--ink));white-space:nowrap}
    .entity.wrong{outline:2px solid var(--bad)}
    .entity.missed{background:none;outline:2px dashed var(--bad)}
    .entity i{font-size:.68em;font-style:normal;font-weight:650;color:var(--bad);margin-left:.4em;white-space:nowrap}
    .helps{color:var(--good)}
    .hurts{color:var(--bad)}
    pre{background:var(--panel);border:1px solid var(--line);border-radius:.4rem;padding:.8rem;overflow:auto;font-size:.82rem;
      line-height:1.45}
    summary{cursor:pointer;padding:.3rem 0}
    details{margin:.4rem 0}
    footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:.8rem;font-size:.86rem;color:var(--soft)}
    @media (max-width:44rem){.sentence{grid-template-columns:minmax(0,1fr)}.sentence dl{grid-template-columns:minmax(0,1fr)}
      .sentence dt{padding-top:0}.controls label{flex:1 1 9rem}select,input{width:100%}}

    """

  private static let dark = """
    :root{--ground:#14181d;--panel:#1c2229;--text:#e4e8ed;--soft:#a6b0bb;--line:#37404a;--link:#82c0f2;--good:#78d39e;
      --bad:#ffb3ac;--tint:22%;--ink:82%;--fill:45%}

    """

  private static let print = """
    @media print{
    :root{color-scheme:light}
    body{font-size:11pt;max-width:none;padding:0}
    nav,.skip,.controls,.pager,.download{display:none}
    .context{max-height:none}
    th button::after{content:''}
    .scroll{overflow:visible}
    h2,h3,caption{break-after:avoid}
    tr{break-inside:avoid}
    pre{white-space:pre-wrap}
    }
    """
}
