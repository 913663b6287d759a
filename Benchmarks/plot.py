"""Line plots as SVG: panels side by side over a shared x axis with a logarithmic scale, y from zero."""
import math
from html import escape

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 300, 240, 58, 30, 12, 44
COLOURS = ["#1f5fa8", "#c4561a", "#2f8a4c", "#7a4ca0"]


def nice_step(largest, count=4):
    """1, 2 or 5 times a power of ten, so that about `count` steps reach `largest`."""
    rough = max(largest, 1e-9) / count
    power = 10 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough)


def panel(title, lines, x_title):
    xs = sorted({x for points in lines.values() for x, _ in points})
    step = nice_step(max(y for points in lines.values() for _, y in points))
    top = step * math.ceil(max(y for points in lines.values() for _, y in points) / step)
    low, high = math.log2(xs[0]), math.log2(xs[-1])
    px = lambda x: LEFT + (math.log2(x) - low) / ((high - low) or 1) * (WIDTH - LEFT - RIGHT)
    py = lambda y: HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM)
    out = [f'<text x="{LEFT}" y="18" font-weight="bold">{escape(title)}</text>']
    for i in range(round(top / step) + 1):
        y = py(i * step)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{i * step:g}</text>')
    for x in xs:
        out.append(f'<text x="{px(x):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{x:g}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x_title)}</text>')
    for colour, points in zip(COLOURS * len(lines), lines.values()):
        path = " ".join(f"{px(x):.1f},{py(y):.1f}" for x, y in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{px(x):.1f}" cy="{py(y):.1f}" r="3" fill="{colour}"/>' for x, y in points]
    return out


def panels(plots, x_title):
    """The SVG of `plots`: pairs of a title and {name: [(x, y), …]}."""
    width = WIDTH * len(plots)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT + 24}" font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{HEIGHT + 24}" fill="white"/>']
    for i, (title, lines) in enumerate(plots):
        out += [f'<g transform="translate({i * WIDTH},0)">', *panel(title, lines, x_title), "</g>"]
    for i, (name, colour) in enumerate(zip(plots[0][1], COLOURS * len(plots[0][1]))):
        x = LEFT + i * 100
        out.append(f'<rect x="{x}" y="{HEIGHT + 4}" width="14" height="4" fill="{colour}"/>')
        out.append(f'<text x="{x + 20}" y="{HEIGHT + 10}">{escape(name)}</text>')
    return "\n".join(out + ["</svg>", ""])
