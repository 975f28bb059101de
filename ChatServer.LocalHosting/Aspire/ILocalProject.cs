namespace Aspire.Hosting
{
    /// <summary>A project that the AppHost refers to. The build writes a class of each: <c>Projects.ChatServer_Api</c>, say.</summary>
    public interface IProjectMetadata
    {
        /// <summary>The project file.</summary>
        string ProjectPath { get; }
    }
}

namespace ChatServer.LocalHosting
{
    /// <summary>Ours alone: what was built of the project, to be started without building it again.</summary>
    public interface ILocalProject : Aspire.Hosting.IProjectMetadata
    {
        /// <summary>The assembly with the entry point.</summary>
        string TargetPath { get; }
    }
}
