using ChatServer.Cli.Doctor;
using ChatServer.Cli.Doctor.Checks;

namespace ChatServer.Tests.Cli.Doctor;

public sealed class KernelCheckTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("doctor-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("32768\t60999\n", "34000-43999", "4096", "524288")]
    [InlineData("32768\t60999\n", "80,34000-35999,36000-43999\n", "4096", "524288")]
    [InlineData("10000\t33999\n", "", "8192", "65536")]
    [InlineData("32768\t60999\n", "", "4096", "524288", "ephemeral-ports")]
    [InlineData("32768\t60999\n", "34000-43998", "4096", "524288", "ephemeral-ports")]
    [InlineData("32768\t60999\n", "34000-43999", "128", "524288", "listen-backlog")]
    [InlineData("32768\t60999\n", "34000-43999", "4096", "1024", "open-files")]
    public async Task Each_setting_of_the_kernel_that_is_too_small_is_found(
        string range, string reserved, string backlog, string files, params string[] found)
    {
        Write("sys/net/ipv4/ip_local_port_range", range);
        Write("sys/net/ipv4/ip_local_reserved_ports", reserved);
        Write("sys/net/core/somaxconn", $"{backlog}\n");
        Write("self/limits", $"""
            Limit                     Soft Limit           Hard Limit           Units
            Max processes             31436                31436                processes
            Max open files            1024                 {files}               files
            """);
        var check = new KernelCheck();
        var target = new DoctorTarget { KernelFolder = _folder, RoomPorts = (34000, 43999) };

        Assert.Null(check.Missing(target));
        Assert.Equal(found, (await check.RunAsync(target, TestContext.Current.CancellationToken)).Select(finding => finding.Check));
    }

    [Fact]
    public void Another_system_than_Linux_is_not_checked() =>
        Assert.Equal("Linux", new KernelCheck().Missing(new DoctorTarget { KernelFolder = Path.Combine(_folder, "missing") }));

    private void Write(string path, string text)
    {
        var file = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
