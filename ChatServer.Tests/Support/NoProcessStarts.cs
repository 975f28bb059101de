namespace ChatServer.Tests.Support;

/// <summary>
/// Tests that close a listening socket and open its port again at once run alone. A process that another test starts at that moment
/// inherits the socket until its exec, and the port stays taken for so long.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class NoProcessStarts
{
    public const string Name = "No process starts";
}
