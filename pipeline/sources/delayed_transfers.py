"""NHS England delayed transfers of care: 96 monthly workbooks, April 2011 to March 2019."""

import re
from datetime import date

import polars as pl

from pipeline.reading.published import Grid, PublishedFile, squash
from pipeline.reading.source import STATUS_COLUMN, VALUE, Column, Release, Source, numbers

ADDRESS = (
    "https://raw.githubusercontent.com/psychty/DTOC/"
    "a789281edfacc62c8b9d4cc66d2969685b568151/DTOC_data/"
)

# Month, file, date of the revision it holds, sha256.
FILES = """
    2011-04 April_11 2012-04-27 5b32f3b8f9fa106ad3f53e1904c10c042f9be3d4e55f8d0b435ad92d94c44262
    2011-05 May_11 2012-04-27 69a1f537865f7eb98cdbefe6e870fcf0cf33eef0d23369a2f9b94bfc6d1c4e23
    2011-06 June_11 2012-04-27 37208c227f62cbd44f3a1eca575ea6575579a8a414e18a78883982f231428d0b
    2011-07 July_11 2012-04-27 44ed4caf2312d2db8976abdf746a13fbb3b589f6802e5ba3e192f70d371eac33
    2011-08 Aug_11 2012-04-27 d785e62aa604cc6a77963e5990cc1036caab04fb1a33514198941117d226baaf
    2011-09 Sept_11 2012-04-27 1488d5a98edaaa403d0ec84789f5f9bae2ec760926779b019b15c6a42756ec2e
    2011-10 Oct_11 2012-04-27 19fb5dbd1fa841ae5d31847c3e74f15b5d4693852f0f18ac8052fa0505a9fd4a
    2011-11 Nov_11 2012-04-27 87cb6466953c4bc2dfef73fdbbe2a1be055339436a834ad2c3c7a457546941f9
    2011-12 Dec_11 2012-04-27 32456958b61e46e1c8aa4c3bcf80f5572082d9beaff2c2dac4650f3c8d7ede35
    2012-01 Jan_12 2012-10-26 e30c3f3733e58ca38d271220e1ae4730763d27e84e77602bd181b8ce6f1e243b
    2012-02 Feb_12 2012-10-26 b8d795ad8fbd3e4af62939867371f57da0adb0294226757bad105dcdcc1b35f8
    2012-03 March_12 2012-10-26 2093826c05ff9ca8724a845d2eb39a19d1e8f3885cba3286f74e8a1c8111dd9e
    2012-04 April_12 2013-04-26 5e6f5089ca25907f476e11f7561d1b88b3b431a76ecd59a9a1d66e9b1d7a3f6d
    2012-05 May_12 2013-04-26 3299f3d99412b2ab0af8c892e3a256cea4a79061764f393bb25877a7c0e0ebd0
    2012-06 June_12 2013-04-26 3b50d3e0dc5c8f18d5e8c98d1059db711837923d2844ff6461ad40a00af5e2d2
    2012-07 July_12 2013-04-26 b358b9cc1faea6a5b5c83bb3b2e36414785015134f24b32aa51836dda9c9b764
    2012-08 Aug_12 2013-04-26 5520b860d4e08c43788784149eb71491835c56779c9be3fde9db5331b0243fb9
    2012-09 Sept_12 2013-04-26 ea032d75a2afcfa7f1dbf80899391ab4aef4a9f4f2c9b8185a3ffd8d8e073c10
    2012-10 Oct_12 2013-04-26 6d2f103d91710363267da62dff3fcb8ea9b6af44b821efb2ad73827a2fa7ea1b
    2012-11 Nov_12 2013-04-26 9ff5c2fc477e61211369a649518caf2d2732c7e88bb738628e05c97e54716edd
    2012-12 Dec_12 2013-04-26 864824bd3f278a978886da313f223ac280b912e8272a4a953a2ed8fe96ba5ee0
    2013-01 Jan_13 2013-10-25 8e66cef4d37db0e83ff462b82fba676eb1a44e6e7123885dce169c57248b6108
    2013-02 Feb_13 2013-10-25 cdbc751300db780ed3c27679245c6cb2b307f67830f2b8533d87389c63017ad2
    2013-03 March_13 2013-10-25 92f84fbd7c1ec384af307af694f162bcbd8794b7a7ebe2babe6ae2420f0f035f
    2013-04 April_13 2014-04-25 4363006e053f0a3ae0eb36e4bc646e30caef4c7c7bdb44262b2e5bc58827bb07
    2013-05 May_13 2014-04-25 14e1955786d752af75ba91db95b0fe4af3ca251a19c5f9941a040189ab4c4e23
    2013-06 June_13 2014-04-25 8280ffe5c47caae1b6801ea0ef17a4f50e9f8e3c33d235b7c5939c29e95f9b7f
    2013-07 July_13 2014-04-25 58585d6f3f3d827b247b0101511b1ee437ab83f437673d7993cb9607f99b8d0a
    2013-08 Aug_13 2014-04-25 5fe8db1cb7c0cc4f04a2d9f2c383a85046b0b24cb64a6160304348d07f72b22e
    2013-09 Sept_13 2014-04-25 5e450398a641c40c84d847f76de90ce6d980115aebf52dcafe811b188581e817
    2013-10 Oct_13 2014-04-25 8a754cf874a250606b78f1e7f62e7523c1dd8fdfe47d233d97ea78660e746ca4
    2013-11 Nov_13 2014-04-25 5d675462c6740eff54c96708e6e7a6cc38e247627e3d75812b421f9b6d9ac0ef
    2013-12 Dec_13 2014-04-25 2cf7c94c1e6045eb2245ee67bcfa932223c41e5c7f7afcf3249e9b1abbb9ee3c
    2014-01 Jan_14 2014-04-25 6348bb9c6b789b7295971ba9bcc3bd1a57f30b853140d357752dd73ebbd09539
    2014-02 Feb_14 2014-10-24 ebef667799179a8ba2bd605dae6de5937ef05f847ab94e29534932e320a87439
    2014-03 March_14 2014-10-24 1136ea6a086ad18742a55d7d3ab3fc2566fc126ecac56a1eefa366cc20a9534b
    2014-04 April_14 2015-04-24 411521fc6f0b71f03026a8bcd7dcd3b3ca344e4ce575c95abd79dd16e61320a1
    2014-05 May_14 2015-04-24 6151ae2b5f01a55fa8711a8e613edb184113a8f836c13188cfcf68e04a36ddb7
    2014-06 June_14 2015-04-24 5009cc8bb1e237049195c39c1583ea908777be67b49d3f96d4bb7032d9ff7c90
    2014-07 July_14 2015-04-24 5ad24452b82a0a504417f7f91588211789fea4341c9b6d26703f608860685a58
    2014-08 Aug_14 2015-04-24 6ab0a6874f8e7664b1667323e49edd00eec7f6280e19d6900129481bd19263d4
    2014-09 Sept_14 2015-04-24 441402235e40751acd3341b5b7b81c6df122d5a2e8a8380aac733efeee6bd3b0
    2014-10 Oct_14 2015-04-24 b0d400d6ab1ee837151e7a459c73302eed44dc7dfb9234debd4e3ca8fa39e39f
    2014-11 Nov_14 2015-04-24 fbb797261e48adb0f475d507e77d201a7d68554a3353a6fd66a5991fdbec205a
    2014-12 Dec_14 2015-04-24 7e06f2b22a5777654b53d63667e6cebab1f7be47b5e3e5489f4a17fea806fbbf
    2015-01 Jan_15 2015-09-10 49aacc1a284725af1ac69a678c14bb9265670a1d1f8b4d749aea3d9ee6dd89be
    2015-02 Feb_15 2015-09-10 430d1cffb58c274a9190a9ab53b5faaba5778b2ce801ddf195c5dc9116d4e2bc
    2015-03 March_15 2015-09-10 4708bfcedb93909b596b2cf018cb03f687af6abb2712c21b18c5b41423645373
    2015-04 April_15 2015-09-10 80bea550b25d59adbcd2e07808bea9f7b82e31549cfc19455c3588649190c362
    2015-05 May_15 2015-09-10 c99c4de0233304235161815e5165f479c27e58958171ce343561588fdbdaf122
    2015-06 June_15 2015-09-10 59b21c9069a8b9df034b87ce18ce1e701eda9ac7bf3e888eb9d9deb844fa326e
    2015-07 July_15 2016-05-12 4d2ed8cf496348f696d5906478ca364204754ff9a303b62d4698afbbafd827d8
    2015-08 Aug_15 2016-05-12 c78a1393685f9c90e15cfb33b6cc7bbff60b20f172e7a632ffeb3c019551910b
    2015-09 Sept_15 2016-05-12 6a0978e10d28561b85a3579e37b5b338c877ff680153ff717db6500776bdb4f1
    2015-10 Oct_15 2016-05-12 c750438d9bf0b2ebd2899db92e011885a13ee26b96ccf8d0de7342feed65de2b
    2015-11 Nov_15 2016-05-12 902a2bc202e1856ce137c11bf5461d13a63a0c48f9b2cb6d7d07f86e0aaa05f0
    2015-12 Dec_15 2016-05-12 9ecc64a504d7f82be21bdacdf71f06bc5c0b3b97a1634889a91af43fb316c9d3
    2016-01 Jan_16 2017-05-11 2e1584ce9366e79b572374044e27c62e2a4783be1fed85b87bee78fa951d92a3
    2016-02 Feb_16 2017-05-11 0ab0329ed96d6d3e4c7898b064429ed69635ab7ce9b26420de76057253ca1f3f
    2016-03 March_16 2017-05-11 0bed2878a4cdac56a31300b3e3ffc594c724648027b3ad892db1abb905e5290d
    2016-04 April_16 2017-05-11 7ee0a4a93f5e618138968cbde1048521de05202ecac16ecd7d9e4538e5f43177
    2016-05 May_16 2017-05-11 e1cab3c07475b75ca891a6fbeabc5d90e237ae17f46c306ecb6d7a0b3c40ecb7
    2016-06 June_16 2017-05-11 6c71a56f7ac965b07d22fdbc56fe18c859295edb73ede93e5897e71cda455184
    2016-07 July_16 2017-05-11 413971d7790fe3be7fcb4102638bc48eb82b643c99baafe887536763f6d3fff6
    2016-08 Aug_16 2017-05-11 ff029798b035da1c65e31c1b75397ce5b1eab74e4968f10d85a043e6659638e5
    2016-09 Sept_16 2017-05-11 c9e9ffff3230d745b9af85eb70452e4d477411f18bf9dbe8aac0e47f71a91730
    2016-10 Oct_16 2017-05-11 b5f67b35c97cbed34e5343af56e36dcd8b225ed1615f10a4c4e6ee7a2b26b300
    2016-11 Nov_16 2017-05-11 f786dcad250e02eb2866aaa38feda21b86214b70e8a5dc054a9597670731f382
    2016-12 Dec_16 2017-05-11 ef605f310b12998bc5971a071b8c53769176a001f501fe9589d51197f89799dd
    2017-01 Jan_17 2017-09-14 16989f03d6a9e17ff27231fcf46f7ea773b791d31085ee63fb9d5cbf648039c6
    2017-02 Feb_17 2017-09-14 e2df52544ef33b2e9ef77a67680c3f308fd0ab79228f3f1e12538a6597ce9114
    2017-03 March_17 2017-09-14 e9e0d41b2596b05e891b4b7af99c93a8dafb34cf2b93e27d5eab96f4187104f6
    2017-04 April_17 2018-06-14 3871c72b305578298c027e6470274d5c792ad25a281e6ff9919cb46128f09ff9
    2017-05 May_17 2018-06-14 35a22036dea6632bd19b6ad7d031a5fefdc69bf69479250a8a614f964c78eb26
    2017-06 June_17 2018-06-14 5d7b7c5117bfd5d397a8597c9729ee69ea9890ad76c7324a8952bc00cba5a8be
    2017-07 July_17 2018-06-14 435da5487c3e209621b5750ba78d873e28545854c095d7c7876602a1f7cefe9b
    2017-08 Aug_17 2018-06-14 a5f5ac2b631628b42aca6e66fa7383142ca0a1a1e50a190ab88ff976f8d74a61
    2017-09 Sep_17 2018-06-14 c63cd685888b3f345c8eca39488d267d04ca6f2a24fc752706f974e72bf61935
    2017-10 Oct_17 2018-05-10 4522df21e768d886c3059c68dbd359d5b7db15527ab6eeeec33cd7625790f184
    2017-11 Nov_17 2018-05-10 ccf856f269ded7af94f2b5e4c9ec216e48739408cc70b40b151bf17696265e4c
    2017-12 Dec_17 2018-05-10 faf12f349dfd155339e04e14534563933cc613a7d2bb63f5085ab1c608689cb2
    2018-01 Jan_18 2018-12-13 73e05b0a19a1d396833da0c4f6dc58a2c0656853bba5fdf80dbf97717dd35823
    2018-02 Feb_18 2018-12-13 c42ad224689accd89301daefdd9938d68be39fa51abeef3950fef05933c2d8eb
    2018-03 March_18 2018-12-13 5b52ab805fcf059b5f8fe7282288f09e84304b8e36393eab1003494001c1bd4e
    2018-04 April_18 2019-05-09 2d932b509ef598e5e7b2429341feaae3c461ad249f9d0aa5057ac627e505ffa2
    2018-05 May_18 2019-05-09 4857d0fc6e0f8ef3ad06198620f6495ba456f4fde9b844a7ff9fe41e2654b065
    2018-06 June_18 2019-05-09 c5a4d208bf122eca39c5a0e314dcf60f4692e672fe49636da37a7531a8d6cfc1
    2018-07 July_18 2019-05-09 25a3f162d13ad5b6b22b2d2844ed8070fe9bde6899a881d7d7135c8d53e007ef
    2018-08 Aug_18 2019-05-09 afed77d8bf44ecc4227df9267f275e5b1f048e5f271e6092cce7697e761b1f81
    2018-09 Sep_18 2019-05-09 fc3ed41b1c7399d5c211576a7da6cb969dd5c7c1f0efaf142a708ecbccbb0abe
    2018-10 Oct_18 2019-05-09 5328d871db0e8269279ef364f37aefda8020d4489eb0d43bbae213b73178aa90
    2018-11 Nov_18 2019-09-12 400fbe6649124af872a2e80da47c67813e6283d31369c751ade07fdbfbe85800
    2018-12 Dec_18 2019-09-12 aabf0ac246f242d773ef1500fa88bf809e34332967d11713729df069eeb15a25
    2019-01 Jan_19 2019-09-12 8dcd761660958c2990c6f25bcb88060d11be82e0a92beb110ae6c9d3865bb6f8
    2019-02 Feb_19 2019-09-12 968a98f0675628935bc11a9a24b629f35a9e8e8dee3d716256d7b26669b604a0
    2019-03 Mar_19 2019-09-12 30d472cae08ee7b8cdb9c80daed1ecbcec62e57c896d062ae84697571e051ba9
"""

BREAKDOWNS = {
    "responsible_organisation": (
        ("LA - by responsible org",),
        {"NHS": "nhs", "Social Care": "social_care", "Both": "both", "Total": "total"},
    ),
    "type_of_care": (
        ("LA - by Type of Care",),
        {"Acute": "acute", "Non-Acute": "non_acute", "Total": "total"},
    ),
    "reason": (("LA - by reason",), {}),
}
"""Breakdown to the names of its sheet and its columns."""

REASONS = {
    "A": "assessment",
    "B": "public_funding",
    "C": "further_nhs_care",
    "DI": "residential_home",
    "DII": "nursing_home",
    "E": "care_package_home",
    "F": "community_equipment",
    "G": "patient_or_family_choice",
    "H": "disputes",
    "I": "housing",
    "O": "other",
}
"""Letter before the bracket of a reason's heading to its name here. 'O) Other' came later."""

PLACE = {
    "SHA": "region",
    "Region": "region",
    "ONS Geography": "areacd",
    "Code": "dh_code",
    "Name": "areanm",
}
MARKERS = {"-": "x"}
AREAS = 155
"""Rows of a sheet: England, 151 councils and three kinds of residents from elsewhere."""
ENGLAND = "E92000001"


def _columns(grid: Grid, header: int, declared: dict[str, str], end: int) -> dict[str, str]:
    if declared:
        return declared
    found = {}
    for label in filter(None, map(squash, grid.rows[header][:end])):
        letter = re.match(r"([A-Z]+)\)", label.upper())
        if letter and letter[1] in REASONS:
            found[label] = REASONS[letter[1]]
        elif label.upper() == "TOTAL":
            found[label] = "total"
    return found


def _block(
    file: PublishedFile, grid: Grid, header: int, columns: dict[str, str], measure: str
) -> pl.DataFrame:
    frame = grid.table(header, columns, optional=frozenset({"region", "areacd"}))
    named = frame.filter(pl.col("areanm").is_not_null())
    long = named.unpivot(
        index=["region", "areacd", "dh_code", "areanm", "row"],
        variable_name="category",
        value_name="text",
    )
    return numbers(long, "text", file=file, sheet=grid.sheet, markers=MARKERS).with_columns(
        pl.lit(measure).alias("measure")
    )


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """One month: council by breakdown, category and measure, as long rows."""
    parts = []
    for breakdown, (sheets, declared) in BREAKDOWNS.items():
        grid = file.sheet(*sheets)
        _same_month(grid, release)
        header = grid.header("Code", "Name", "Total")
        labels = [squash(cell) for cell in grid.rows[header]]
        end = next(i for i, label in enumerate(labels) if label.upper() == "TOTAL") + 1
        categories = _columns(grid, header, declared, end)
        columns = PLACE | categories
        first = Grid(grid.file, grid.sheet, [row[:end] for row in grid.rows], grid.aside)
        frames = [_block(file, first, header, columns, "delayed_days")]
        if any(labels[end:]):
            # The second block repeats the measures without the places: put them beside.
            second = Grid(
                grid.file,
                grid.sheet,
                [row[: end - len(categories)] + row[end + 1 :] for row in grid.rows],
                grid.aside,
            )
            frames.append(_block(file, second, header, columns, "average_people_delayed"))
        parts.append(pl.concat(frames).with_columns(pl.lit(breakdown).alias("breakdown")))
    year, month = (int(part) for part in release.period.split("-"))
    is_england = pl.col("areanm").str.to_uppercase() == "ENGLAND"
    blank = ["-", ""]
    return pl.concat(parts).with_columns(
        pl.lit(release.period).alias("period"),
        pl.lit(date(year, month, 1)).alias("month"),
        pl.lit(year if month >= 4 else year - 1).alias("year"),
        pl.when(is_england)
        .then(pl.lit("country"))
        .when(pl.col("dh_code").str.starts_with("99"))
        .then(pl.lit("elsewhere"))
        .otherwise(pl.lit("council"))
        .alias("area_type"),
        pl.when(is_england)
        .then(pl.lit(ENGLAND))
        .when(~pl.col("areacd").is_in(blank))
        .then(pl.col("areacd"))
        .alias("areacd"),
        pl.when(is_england).then(pl.lit("England")).otherwise(pl.col("areanm")).alias("areanm"),
        pl.when(~pl.col("region").is_in(blank)).then(pl.col("region")).alias("region"),
    )


def _same_month(grid: Grid, release: Release) -> None:
    year, month = (int(part) for part in release.period.split("-"))
    expected = date(year, month, 1).strftime("%B %Y")
    for number, row in enumerate(grid.rows[:13], 1):
        cells = [squash(cell) for cell in row]
        if "Period:" in cells:
            found = next((c for c in cells[cells.index("Period:") + 1 :] if c), "")
            if found != expected:
                raise grid.error(f"expected the period '{expected}', found '{found}'", row=number)
            return
    raise grid.error("expected a cell 'Period:' in the title block, found none")


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """England against the sum of the areas, and totals against their parts, every month."""
    days = frame.filter(pl.col("measure") == "delayed_days")
    by = ["period", "breakdown", "category"]
    country = pl.col("area_type") == "country"
    england = (
        days.group_by(by)
        .agg(
            pl.col("value").filter(country).first().alias("published"),
            pl.col("value").filter(~country).sum().alias("computed"),
        )
        .select(
            pl.concat_str(
                pl.lit("England = sum of areas: "), "breakdown", pl.lit(", "), "category"
            ).alias("check"),
            "period",
            pl.lit(ENGLAND).alias("area"),
            "published",
            "computed",
        )
    )
    total = pl.col("category") == "total"
    parts = (
        days.group_by("period", "breakdown", "dh_code", "areanm")
        .agg(
            pl.col("value").filter(total).first().alias("published"),
            pl.col("value").filter(~total).sum().alias("computed"),
        )
        .select(
            pl.concat_str(pl.lit("total = sum of parts: "), "breakdown").alias("check"),
            "period",
            pl.col("areanm").alias("area"),
            "published",
            "computed",
        )
    )
    return pl.concat([england, parts]).with_columns(pl.lit(0.5).alias("tolerance"))


SOURCE = Source(
    name="delayed_transfers",
    title="Delayed transfers of care by upper-tier local authority",
    publisher="NHS England (before 2013 the Department of Health)",
    licence="OGL v3.0",
    attribution="Contains NHS England data, licensed under the Open Government Licence v3.0.",
    grade="original",
    about="Days that patients ready to leave hospital stayed on, by council of residence, month, "
    "responsible organisation, type of care and reason. Where an area has no delay in a month its "
    "total is 0 and its parts may be dashes, which are kept as not available: the City of London "
    "lacks a whole year of parts in 2011-12, 2012-13, 2015-16 and 2018-19. The sheet 'England' "
    "(reason by responsible organisation, country only) and 'Data Quality' are not read.",
    releases=[
        Release(
            file=f"delayed_transfers/{stem}.xls",
            url=f"{ADDRESS}{stem}.xls",
            sha256=sha256,
            period=period,
            published=published,
            label="revised",
            rows=AREAS * (26 if period >= "2017-04" else 18),
        )
        for period, stem, published, sha256 in (line.split() for line in FILES.split("\n") if line)
    ],
    columns={
        "period": Column(pl.String, "Month, as YYYY-MM."),
        "month": Column(pl.Date, "First day of the month."),
        "year": Column(pl.Int32, "Financial year by the year it starts in."),
        "area_type": Column(
            pl.String,
            "council, country (England), or elsewhere (resident outside England).",
            values=("council", "country", "elsewhere"),
        ),
        "areacd": Column(
            pl.String, "ONS code where the file gives one (April 2017 on).", null=True
        ),
        "dh_code": Column(pl.String, "Department of Health council code, in every file."),
        "areanm": Column(pl.String, "Name as published."),
        "region": Column(pl.String, "Region as published.", null=True),
        "breakdown": Column(pl.String, "What the days are split by.", values=tuple(BREAKDOWNS)),
        "category": Column(pl.String, "Part of the breakdown, or total."),
        "measure": Column(
            pl.String,
            "delayed_days (days in the month) or average_people_delayed (people on a day).",
            values=("delayed_days", "average_people_delayed"),
        ),
        "value": VALUE,
        "status": STATUS_COLUMN,
    },
    key=("period", "breakdown", "measure", "category", "dh_code"),
    tidy=tidy,
    area=("dh_code", "council"),
    markers=MARKERS,
    warnings=("revised_once",),
    reconcile=reconcile,
)
