using System.IO.Compression;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.StaticFiles;

namespace ChatServer.Web;

/// <summary>
/// The files of a web app: plain HTML, CSS and modules, embedded in a service's assembly under <c>wwwroot/</c>. So they are there
/// wherever the process is started from, and are of its version. They are small, and kept in memory.
/// </summary>
public sealed partial class WebFiles
{
    private const string Root = "wwwroot/";

    private static readonly FileExtensionContentTypeProvider ContentTypes = new();
    private readonly Dictionary<string, WebFile> _files;

    private WebFiles(Dictionary<string, WebFile> files, string version) => (_files, Version) = (files, version);

    /// <summary>Hash over all files: 16 hexadecimal digits that change when any of them does.</summary>
    public string Version { get; }

    /// <summary>Folder of the files in URLs. Modules and styles refer to each other by relative paths, so all of them change with the version.</summary>
    public string Folder => $"/app/{Version}";

    /// <summary>Reads what is embedded in <paramref name="assembly"/>.</summary>
    public static WebFiles Of(Assembly assembly)
    {
        var files = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Root, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => new WebFile(name[Root.Length..].Replace('\\', '/'), Read(assembly, name)))
            .ToDictionary(file => file.Name);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files.Values)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{file.Name}\0{file.Content.Length}\0"));
            hash.AppendData(file.Content);
        }
        return new WebFiles(files, Convert.ToHexStringLower(hash.GetHashAndReset()[..8]));
    }

    /// <summary>The file at <paramref name="name"/>, relative to the folder; null: there is none.</summary>
    public WebFile? Find(string name) => _files.GetValueOrDefault(name);

    /// <summary>
    /// A page: the file <paramref name="name"/> with <c>{{folder}}</c> and every other <c>{{value}}</c> filled in, escaped.
    /// <c>{{modules of x.js}}</c> becomes a <c>modulepreload</c> for everything that <c>x.js</c> imports, by itself or by what it
    /// imports: a browser that learns of a module only from the one before it makes a round trip for each step.
    /// </summary>
    /// <exception cref="KeyNotFoundException">There is no such file.</exception>
    public WebFile Page(string name, params ReadOnlySpan<(string Name, string Value)> values)
    {
        var html = new StringBuilder(Encoding.UTF8.GetString(_files[name].Content)).Replace("{{folder}}", Folder);
        foreach (var (placeholder, value) in values)
            html.Replace($"{{{{{placeholder}}}}}", WebUtility.HtmlEncode(value));
        return new WebFile(name, Encoding.UTF8.GetBytes(Modules().Replace(html.ToString(), match => Preloads(match.Groups[1].Value))));
    }

    private string Preloads(string module)
    {
        var found = new List<string> { module };
        // It grows while it is walked.
        for (var i = 0; i < found.Count; i++)
            found.AddRange(Imports().Matches(Encoding.UTF8.GetString(_files[found[i]].Content))
                .Select(import => new Uri(new Uri($"http://files/{found[i]}"), import.Groups[1].Value).AbsolutePath[1..])
                .Distinct().Except(found).ToList());
        return string.Join('\n', found.Skip(1).Select(file => $"<link rel=\"modulepreload\" href=\"{Folder}/{file}\">"));
    }

    private static byte[] Read(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    internal static string TypeOf(string name)
    {
        var type = ContentTypes.TryGetContentType(name, out var known) ? known : "application/octet-stream";
        return type.StartsWith("text/", StringComparison.Ordinal) || type == "image/svg+xml" ? $"{type}; charset=utf-8" : type;
    }

    [GeneratedRegex(@"\{\{modules of ([\w./-]+)\}\}")]
    private static partial Regex Modules();

    // Static imports, one a line, as every module of ours has them.
    [GeneratedRegex(@"^(?:import|export)\b[^'\n]* from '(\.[^'\n]+)';", RegexOptions.Multiline)]
    private static partial Regex Imports();
}

/// <summary>One file of a web app, also as Brotli, which every browser reads.</summary>
public sealed class WebFile(string name, byte[] content)
{
    /// <summary>Path relative to the app's folder.</summary>
    public string Name { get; } = name;

    /// <summary>Media type, with the character set where it has one.</summary>
    public string ContentType { get; } = WebFiles.TypeOf(name);

    internal byte[] Content { get; } = content;

    internal byte[] Compressed { get; } = Compress(content);

    /// <summary>Hash of the content, for an <c>ETag</c>.</summary>
    internal string Hash { get; } = Convert.ToHexStringLower(SHA256.HashData(content)[..8]);

    private static byte[] Compress(byte[] content)
    {
        using var compressed = new MemoryStream();
        using (var brotli = new BrotliStream(compressed, CompressionLevel.Optimal))
            brotli.Write(content);
        return compressed.ToArray();
    }
}
