/// Words for people.
enum Words {
  static func plural(_ word: String) -> String {
    if word.hasSuffix("x") || word.hasSuffix("ss") { return word + "es" }
    if word.hasSuffix("y") { return word.dropLast() + "ies" }
    return word.hasSuffix("s") ? word : word + "s"
  }

  static func capitalised(_ word: String) -> String { word.prefix(1).uppercased() + word.dropFirst() }
}
