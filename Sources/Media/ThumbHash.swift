import Glibc

/// ThumbHash (https://evanw.github.io/thumbhash): an image in about 25 bytes, to be shown while the real one loads.
package enum ThumbHash {
    /// The hash of RGBA pixels (not premultiplied), each side 1–100; nil for anything else.
    package static func hash(width: Int, height: Int, rgba: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard (1...100).contains(width), (1...100).contains(height), rgba.count == width * height * 4 else { return nil }
        let average = averageColor(rgba)
        let hasAlpha = average.alpha < Double(width * height)
        let lightLimit = hasAlpha ? 5.0 : 7.0
        let longer = Double(max(width, height))
        let lx = max(1, Int((lightLimit * Double(width) / longer).rounded(.toNearestOrAwayFromZero)))
        let ly = max(1, Int((lightLimit * Double(height) / longer).rounded(.toNearestOrAwayFromZero)))

        let count = width * height
        var lightness = [Double](repeating: 0, count: count)
        var yellowBlue = lightness
        var redGreen = lightness
        var alphas = lightness
        for index in 0..<count {
            let alpha = Double(rgba[index * 4 + 3]) / 255
            let r = average.red * (1 - alpha) + alpha / 255 * Double(rgba[index * 4])
            let g = average.green * (1 - alpha) + alpha / 255 * Double(rgba[index * 4 + 1])
            let b = average.blue * (1 - alpha) + alpha / 255 * Double(rgba[index * 4 + 2])
            lightness[index] = (r + g + b) / 3
            yellowBlue[index] = (r + g) / 2 - b
            redGreen[index] = r - g
            alphas[index] = alpha
        }

        let transform = CosineTransform(width: width, height: height)
        let l = transform.encode(lightness, nx: max(3, lx), ny: max(3, ly))
        let p = transform.encode(yellowBlue, nx: 3, ny: 3)
        let q = transform.encode(redGreen, nx: 3, ny: 3)

        let isLandscape = width > height
        let header24 =
            scaled(l.dc, 63) | scaled(0.5 + 0.5 * p.dc, 63) << 6 | scaled(0.5 + 0.5 * q.dc, 63) << 12 | scaled(l.scale, 31) << 18
            | (hasAlpha ? 1 << 23 : 0)
        let header16 =
            (isLandscape ? ly : lx) | scaled(p.scale, 63) << 3 | scaled(q.scale, 63) << 9 | (isLandscape ? 1 << 15 : 0)
        var hash: [UInt8] = [header24, header24 >> 8, header24 >> 16, header16, header16 >> 8].map { UInt8(truncatingIfNeeded: $0) }
        var factors = l.ac + p.ac + q.ac
        if hasAlpha {
            let a = transform.encode(alphas, nx: 5, ny: 5)
            hash.append(UInt8(truncatingIfNeeded: scaled(a.dc, 15) | scaled(a.scale, 15) << 4))
            factors = l.ac + p.ac + q.ac + a.ac
        }
        for (index, factor) in factors.enumerated() {
            let nibble = UInt8(truncatingIfNeeded: scaled(factor, 15))
            if index.isMultiple(of: 2) { hash.append(nibble) } else { hash[hash.count - 1] |= nibble << 4 }
        }
        return hash
    }

    /// The average of the pixels, weighed by their alpha, as `#rrggbb`.
    package static func color(rgba: UnsafeBufferPointer<UInt8>) -> String {
        let average = averageColor(rgba)
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = [UInt8(ascii: "#")]
        for part in [average.red, average.green, average.blue] {
            let value = scaled(part, 255)
            text.append(digits[value >> 4 & 15])
            text.append(digits[value & 15])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// 0...1 to 0...most; out of range and not-a-number are clamped.
    private static func scaled(_ value: Double, _ most: Int) -> Int {
        Int((Double(most) * max(0, min(1, value))).rounded(.toNearestOrAwayFromZero))
    }

    /// Red, green and blue 0–1; `alpha` is the sum over the pixels.
    private static func averageColor(_ rgba: UnsafeBufferPointer<UInt8>) -> (red: Double, green: Double, blue: Double, alpha: Double) {
        var red = 0.0
        var green = 0.0
        var blue = 0.0
        var sum = 0.0
        for start in stride(from: 0, to: rgba.count - 3, by: 4) {
            let alpha = Double(rgba[start + 3]) / 255
            red += alpha / 255 * Double(rgba[start])
            green += alpha / 255 * Double(rgba[start + 1])
            blue += alpha / 255 * Double(rgba[start + 2])
            sum += alpha
        }
        return sum > 0 ? (red / sum, green / sum, blue / sum, sum) : (0, 0, 0, 0)
    }
}

/// The triangle of low frequencies of a channel, normalised.
private struct CosineTransform {
    let width: Int
    let height: Int

    func encode(_ channel: [Double], nx: Int, ny: Int) -> (dc: Double, ac: [Double], scale: Double) {
        let columns = (0..<nx).map { frequency in cosines(frequency, width) }
        let rows = (0..<ny).map { frequency in cosines(frequency, height) }
        var dc = 0.0
        var ac: [Double] = []
        var scale = 0.0
        for cy in 0..<ny {
            var cx = 0
            while cx * ny < nx * (ny - cy) {
                var sum = 0.0
                for y in 0..<height {
                    var line = 0.0
                    for x in 0..<width { line += channel[x + y * width] * columns[cx][x] }
                    sum += line * rows[cy][y]
                }
                sum /= Double(width * height)
                if cx > 0 || cy > 0 {
                    ac.append(sum)
                    scale = max(scale, abs(sum))
                } else {
                    dc = sum
                }
                cx += 1
            }
        }
        if scale > 0 { ac = ac.map { 0.5 + 0.5 / scale * $0 } }
        return (dc, ac, scale)
    }

    private func cosines(_ frequency: Int, _ length: Int) -> [Double] {
        (0..<length).map { cos(Double.pi / Double(length) * Double(frequency) * (Double($0) + 0.5)) }
    }
}
