using System.Xml.Linq;
using ChatServer.Contracts;
using ChatServer.Tests.Architecture;

namespace ChatServer.Tests.Deploy;

/// <summary>The container images that <c>dotnet publish -t:PublishContainer</c> builds.</summary>
internal static class PublishedImages
{
    private const string Prefix = "chatserver/";

    /// <summary>The images of the projects that import <c>deploy/containers/Container.props</c>.</summary>
    public static IEnumerable<string> All { get; } =
    [
        .. from project in SourceTree.Projects
           let file = Path.Combine(SourceTree.Root, project.Value.Folder, $"ChatServer.{project.Key}.csproj")
           where File.Exists(file) && XDocument.Load(file).Descendants("Import").Any(
               import => (string?)import.Attribute("Project") == "../deploy/containers/Container.props")
           select $"{Prefix}{project.Key.ToLowerInvariant()}:{AppInfo.CurrentVersion}",
    ];

    /// <summary>The service in an image, as the files of <c>deploy/</c> name it.</summary>
    public static string ServiceOf(string image) => image[Prefix.Length..image.IndexOf(':')];
}
