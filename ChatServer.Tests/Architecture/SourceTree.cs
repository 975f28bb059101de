using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace ChatServer.Tests.Architecture;

/// <summary>The projects and source files of the repository, read from disk.</summary>
internal static class SourceTree
{
    public static string Root { get; } = FindRoot();

    /// <summary>All projects, by name without the leading <c>ChatServer.</c></summary>
    public static IReadOnlyDictionary<string, Project> Projects { get; } = Directory.GetDirectories(Root, "ChatServer.*")
        .Concat(Directory.GetDirectories(Path.Combine(Root, "examples")))
        .SelectMany(folder => Directory.GetFiles(folder, "*.csproj"))
        .ToDictionary(file => Short(Path.GetFileNameWithoutExtension(file)), file => new Project(file));

    /// <summary>The C# files of a folder, by path relative to the root.</summary>
    public static IEnumerable<string> Files(string folder) =>
        Directory.GetFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    /// <summary>The lines of <paramref name="files"/> that match <paramref name="forbidden"/> outside of comments.</summary>
    public static IEnumerable<string> Uses(IEnumerable<string> files, Regex forbidden) =>
        from file in files
        from line in File.ReadLines(Path.Combine(Root, file)).Select((text, index) => (Text: text.Split("//")[0], Number: index + 1))
        where forbidden.IsMatch(line.Text)
        select $"{file}:{line.Number}: {line.Text.Trim()}";

    private static string Short(string name) => name["ChatServer.".Length..];

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "ChatServer.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("No ChatServer.sln above the tests.");
        return folder;
    }

    /// <summary>The references of a project file.</summary>
    internal sealed class Project(string file)
    {
        private readonly XDocument _xml = XDocument.Load(file);

        /// <summary>The folder of the project, relative to the root.</summary>
        public string Folder { get; } = Path.GetRelativePath(Root, Path.GetDirectoryName(file)!);

        public IReadOnlyList<string> Projects =>
            [.. Includes("ProjectReference").Select(i => Short(Path.GetFileNameWithoutExtension(i.Replace('\\', '/'))))];

        public IReadOnlyList<string> Packages => Includes("PackageReference");

        public IReadOnlyList<string> Frameworks => Includes("FrameworkReference");

        private List<string> Includes(string element) => [.. _xml.Descendants(element).Select(e => (string)e.Attribute("Include")!)];
    }
}
