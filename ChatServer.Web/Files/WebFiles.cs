using System.IO.Compression;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.StaticFiles;

namespace ChatServer.Web.Files;

/// <summary>
/// The files of a web app: HTML, CSS and modules, embedded in the assembly of a service under <c>wwwroot/</c>. They are available in any
/// working directory and always have the version of the process. They are small and stay in memory.
/// </summary>
/// <remarks>
/// ASP.NET Core's static assets (<c>MapStaticAssets</c>) do not fit. They hash the path of each file separately, so modules that import
/// each other need an import map; an import map is an inline script, which the content security policy forbids. They read files from the
/// content root, which is the working directory. They cannot serve one file in two services, as the Admin does with files of the chat app.
/// </remarks>
public sealed partial class WebFiles
{
    private const string Root = "wwwroot/";

    private static readonly FileExtensionContentTypeProvider ContentTypes = new();
    private readonly Dictionary<string, WebFile> _files;

    private WebFiles(Dictionary<string, WebFile> files, string version) => (_files, Version) = (files, version);

    /// <summary>Hash of all files, 16 hexadecimal digits.</summary>
    public string Version { get; }

    /// <summary>Reads the files that are embedded in <paramref name="assembly"/>.</summary>
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

    /// <summary>The file at <paramref name="name"/>, relative to the folder; null if it does not exist.</summary>
    public WebFile? Find(string name) => _files.GetValueOrDefault(name);

    /// <summary>
    /// A page: the file <paramref name="name"/> with every <c>{{value}}</c> replaced by its escaped value, <c>{{root}}</c> by
    /// <paramref name="root"/>, and <c>{{folder}}</c> by the folder of the files. Modules and styles refer to each other by relative paths,
    /// so the URLs of all files change with the version. <c>{{modules of x.js}}</c> becomes a <c>modulepreload</c> for each module that
    /// <c>x.js</c> imports directly or indirectly: a browser finds the imports of a module only when it has the module, which costs a round
    /// trip for each level.
    /// </summary>
    /// <param name="name">The name of the file.</param>
    /// <param name="root">The path from the page to the root of the service, with a slash at the end.</param>
    /// <param name="values">Names and values.</param>
    /// <exception cref="KeyNotFoundException">The file does not exist.</exception>
    internal WebFile Page(string name, string root, params ReadOnlySpan<(string Name, string Value)> values)
    {
        var folder = $"{root}app/{Version}";
        var html = new StringBuilder(Encoding.UTF8.GetString(_files[name].Content)).Replace("{{folder}}", folder).Replace("{{root}}", root);
        foreach (var (placeholder, value) in values)
            html.Replace($"{{{{{placeholder}}}}}", WebUtility.HtmlEncode(value));
        return new WebFile(
            name, Encoding.UTF8.GetBytes(Modules().Replace(html.ToString(), match => Preloads(match.Groups[1].Value, folder))));
    }

    private string Preloads(string module, string folder)
    {
        var found = new List<string> { module };
        // The list grows during the loop.
        for (var i = 0; i < found.Count; i++)
            found.AddRange(Imports().Matches(Encoding.UTF8.GetString(_files[found[i]].Content))
                .Select(import => new Uri(new Uri($"http://files/{found[i]}"), import.Groups[1].Value).AbsolutePath[1..])
                .Distinct().Except(found).ToList());
        return string.Join('\n', found.Skip(1).Select(file => $"<link rel=\"modulepreload\" href=\"{folder}/{file}\">"));
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

    // Static imports, one per line; our modules contain no others.
    [GeneratedRegex(@"^(?:import|export)\b[^'\n]* from '(\.[^'\n]+)';", RegexOptions.Multiline)]
    private static partial Regex Imports();
}

/// <summary>A file of a web app, plain and compressed with Brotli, which every browser supports.</summary>
public sealed class WebFile(string name, byte[] content)
{
    /// <summary>Path relative to the app's folder.</summary>
    public string Name { get; } = name;

    /// <summary>Media type, with the character set of a text.</summary>
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
