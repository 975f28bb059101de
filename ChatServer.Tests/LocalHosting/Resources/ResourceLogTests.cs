using ChatServer.LocalHosting.Resources;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.LocalHosting.Resources;

public sealed class ResourceLogTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Start);
    private readonly ResourceBoard _board;

    public ResourceLogTests() => _board = new ResourceBoard(_time);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void Lines_are_kept_as_they_were_written_with_their_time_and_stream()
    {
        var log = _board.Add("api", ResourceKind.Project).Log;
        log.Append(LogStream.Out, "\e[32minfo\e[0m: ready");
        _time.Advance(TimeSpan.FromSeconds(1));
        log.Append(LogStream.Error, "");
        Assert.Equal(
            [
                new LogLine(1, Start, LogStream.Out, "\e[32minfo\e[0m: ready"),
                new LogLine(2, Start.AddSeconds(1), LogStream.Error, ""),
            ],
            log.Read());
    }

    [Fact]
    public void The_oldest_lines_go_first()
    {
        var log = _board.Add("api", ResourceKind.Project).Log;
        for (var n = 1; n <= ResourceLog.Capacity + 3; n++) log.Append(LogStream.Out, $"{n}");
        Assert.Equal(Enumerable.Range(4, ResourceLog.Capacity).Select(n => $"{n}"), log.Read().Select(line => line.Text));
    }

    [Fact]
    public void A_line_that_never_ends_does_not_fill_the_memory()
    {
        var log = _board.Add("api", ResourceKind.Project).Log;
        log.Append(LogStream.Out, new string('x', 10 * ResourceLog.MaxLineLength));
        Assert.InRange(log.Read()[0].Text.Length, ResourceLog.MaxLineLength, ResourceLog.MaxLineLength + 2);
    }

    [Fact]
    public void One_number_resumes_any_view_of_the_logs()
    {
        var (api, admin) = (_board.Add("api", ResourceKind.Project).Log, _board.Add("admin", ResourceKind.Project).Log);
        api.Append(LogStream.Out, "one");
        admin.Append(LogStream.Out, "two");
        var seen = _board.Lines.Value;
        api.Append(LogStream.Out, "three");
        admin.Append(LogStream.Out, "four");
        Assert.Equal(["three"], api.Read(seen).Select(line => line.Text));
        Assert.Equal(["four"], admin.Read(seen).Select(line => line.Text));
    }

    // A reader that trusts a number must find every line up to it, or it would resume after lines that it never saw.
    [Fact]
    public async Task Whoever_saw_a_number_finds_all_lines_up_to_it()
    {
        const int lines = 500;
        var logs = Enumerable.Range(0, 4).Select(n => _board.Add($"{n}", ResourceKind.Project).Log).ToArray();
        var writers = logs.Select(log => Task.Run(() =>
        {
            for (var n = 0; n < lines; n++) log.Append(LogStream.Out, "x");
        }, Ct)).ToArray();

        var last = 0L;
        while (last < logs.Length * lines)
        {
            await _board.Lines.WaitAsync(last, Ct).WaitAsync(TimeSpan.FromSeconds(20), Ct);
            last = _board.Lines.Value;
            Assert.Equal(last, logs.Sum(log => log.Read().Count(line => line.Number <= last)));
        }
        await Task.WhenAll(writers);
    }
}
