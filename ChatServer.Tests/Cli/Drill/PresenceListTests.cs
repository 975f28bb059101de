using ChatServer.Cli.Drill;

namespace ChatServer.Tests.Cli.Drill;

public sealed class PresenceListTests
{
    private const int MaxNames = 3;

    private readonly PresenceList _list = new();

    [Fact]
    public void List_follows_joins_and_leaves()
    {
        _list.Replace(2, ["ada", "bob"]);
        _list.Change(2, joined: ["eve"], left: ["bob"]);
        Assert.Null(DifferenceTo("ada", "eve"));
        Assert.Equal("does not name bob, names eve", DifferenceTo("ada", "bob"));
    }

    [Fact]
    public void Event_with_all_names_replaces_the_list()
    {
        _list.Replace(2, ["ada", "bob"]);
        _list.Replace(2, ["ada", "eve"]);
        Assert.Null(DifferenceTo("ada", "eve"));
    }

    [Fact]
    public void Member_that_joined_unannounced_is_missing()
    {
        _list.Replace(1, ["ada"]);
        Assert.Equal("counts 1 members of 2", DifferenceTo("ada", "bob"));
        _list.Change(2, [], []);
        Assert.Equal("does not name bob, names nobody", DifferenceTo("ada", "bob"));
    }

    [Fact]
    public void Large_room_is_compared_by_its_number_of_members()
    {
        _list.Replace(3, ["ada", "bob", "eve"]);
        _list.Change(4, [], []);
        Assert.Null(DifferenceTo("ada", "bob", "eve", "joe"));
        Assert.Equal("counts 4 members of 5", DifferenceTo("ada", "bob", "eve", "joe", "kim"));
    }

    private string? DifferenceTo(params string[] names) => _list.DifferenceTo(names.ToHashSet(), MaxNames);
}
