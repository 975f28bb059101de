using System.Reflection;
using System.Text.RegularExpressions;
using ChatServer.Backplane;
using ChatServer.Tests.Architecture;

namespace ChatServer.Tests.Backplane;

/// <summary>In a Redis Cluster a script, or a command with several keys, must find all of them in one hash slot.</summary>
public sealed partial class KeySlotTests
{
    private static IReadOnlyList<(string File, string Text)> Sources { get; } =
    [
        .. SourceTree.Files("ChatServer.Backplane").Where(file => !file.EndsWith("RedisNames.cs", StringComparison.Ordinal))
            .Select(file => (Path.GetFileName(file), File.ReadAllText(Path.Combine(SourceTree.Root, file)))),
    ];

    [Fact]
    public void Every_list_of_keys_in_the_source_is_in_one_slot()
    {
        var lists = Sources.SelectMany(source => KeyList().Matches(source.Text)
            .Select(list => (source.File, list.Value, Keys: Key().Matches(list.Value).Select(KeyOf).ToList()))).ToList();

        Assert.True(lists.Count > 20, $"Only {lists.Count} lists of keys were found: the pattern does not match the source any more.");
        Assert.All(lists, list => Assert.True(list.Keys.Select(SlotOf).Distinct().Count() == 1, $"{list.File}: {list.Value}"));
        Assert.Single(RedisNames.RoomKeys("lobby").Select(key => SlotOf(key!)).Distinct());
    }

    [Fact]
    public void Every_script_is_called_with_a_list_of_keys_that_the_source_states()
    {
        var scripts = Sources.Single(source => source.File == "RedisScript.cs");
        var declared = Declaration().Matches(scripts.Text).Select(script => script.Groups[1].Value).ToList();
        var called = Sources.SelectMany(source => Call().Matches(source.Text).Select(call => (Source: source, Call: call))).ToList();

        Assert.Equal(declared.Order(), called.Select(call => call.Call.Groups[1].Value).Distinct().Order());
        // A variable is assigned such a list, in the same file.
        Assert.All(called, call => Assert.True(
            call.Call.Groups[2].Value is var keys
                && (keys.StartsWith('[') || keys.StartsWith("RedisNames.RoomKeys(", StringComparison.Ordinal)
                    || Regex.IsMatch(call.Source.Text, $@"RedisKey\[\] {keys} =[^;\[]*\[RedisNames\.")),
            $"{call.Source.File}: {call.Call.Value}"));
    }

    [Fact]
    public void No_list_of_orders_or_entries_has_a_key_of_a_room()
    {
        var constants = typeof(RedisNames).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral)
            .Select(field => (string)field.GetRawConstantValue()!);

        Assert.All(constants.Append(RedisNames.Sanctions(null)).Append(RedisNames.ModerationCommands(null)), key =>
            Assert.DoesNotContain(key, RedisNames.RoomKeys(Tag().Match(key).Groups[1].Value).Select(roomKey => (string)roomKey!)));
    }

    // RedisNames.Room(room.Name): the name of the room is the argument as the source states it, so equal arguments are equal names.
    private static string KeyOf(Match key)
    {
        var (name, argument) = (key.Groups[1].Value, key.Groups[2].Value);
        if (typeof(RedisNames).GetMethod(name) is { } method)
            return (string)method.Invoke(null, [argument == "null" ? null : argument])!;
        return (string)typeof(RedisNames).GetField(name)!.GetRawConstantValue()!;
    }

    // The hash tag selects the slot; without one, the whole key does. Two tags of one slot would be a coincidence.
    private static string SlotOf(string key) => Tag().Match(key) is { Success: true } tag ? tag.Groups[1].Value : key;

    [GeneratedRegex(@"\[[^\[\]]*?RedisNames\.[^\[\]]*\]")]
    private static partial Regex KeyList();

    [GeneratedRegex(@"RedisNames\.(\w+)(?:\(([\w.]+)\))?")]
    private static partial Regex Key();

    [GeneratedRegex(@"public static readonly RedisScript (\w+) =")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"RedisScript\.(\w+)\.RunAsync\(\s*db,\s*(\[|[\w.]+\(?)")]
    private static partial Regex Call();

    [GeneratedRegex(@"\{([^}]*)\}")]
    private static partial Regex Tag();
}
